"""Windows and tables summarised as mergeable profiles: blocks by numpy, their profiles merged by Spark."""

from sparkmon.profiles.cells import column_kinds, is_time, number_of, quoted
from sparkmon.profiles.joint import projections_of
from sparkmon.profiles.merge import REFERENCE_K, WINDOW_K, merge_profiles
from sparkmon.profiles.reference import id_columns, reference_of
from sparkmon.profiles.rows import profile_rows
from sparkmon.profiles.table import profile_table

__all__ = [
    "REFERENCE_K",
    "WINDOW_K",
    "column_kinds",
    "id_columns",
    "is_time",
    "merge_profiles",
    "number_of",
    "profile_rows",
    "profile_table",
    "projections_of",
    "quoted",
    "reference_of",
]
