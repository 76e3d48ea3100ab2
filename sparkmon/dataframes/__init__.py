"""What is offered on Spark's DataFrames: comparisons of profiles, tables and rows, findings, and alerts."""

from sparkmon.dataframes.alerts import alerts_of as alerts_of
from sparkmon.dataframes.compare import compare as compare
from sparkmon.dataframes.compare_tables import TableComparison as TableComparison, compare_tables as compare_tables
from sparkmon.dataframes.domain_classifier import DomainShift as DomainShift, domain_classifier as domain_classifier
from sparkmon.dataframes.findings import findings_of as findings_of
from sparkmon.dataframes.worst_slices import worst_slices as worst_slices
