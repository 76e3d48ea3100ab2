"""What is offered on Spark's DataFrames: comparisons of profiles and of tables, findings, and alerts."""

from sparkmon.dataframes.alerts import alerts_of
from sparkmon.dataframes.compare import compare
from sparkmon.dataframes.compare_tables import TableComparison, compare_tables
from sparkmon.dataframes.findings import findings_of
from sparkmon.dataframes.worst_slices import worst_slices

__all__ = ["TableComparison", "alerts_of", "compare", "compare_tables", "findings_of", "worst_slices"]
