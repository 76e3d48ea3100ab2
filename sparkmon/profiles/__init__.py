"""Windows and tables summarised as mergeable profiles by Spark's own aggregates."""

from sparkmon.profiles.aggregate import (
    LEVELS,
    REFERENCE_K,
    WINDOW_K,
    cell_columns,
    merged_profile,
    profile_of,
)
from sparkmon.profiles.joint import JOINT, Projections, projections_of
from sparkmon.profiles.merge import merge_profiles
from sparkmon.profiles.reference import reference_of
from sparkmon.profiles.rows import profile_rows
from sparkmon.profiles.table import column_kinds, is_time, number_of, profile_table, quoted

__all__ = [
    "JOINT",
    "LEVELS",
    "REFERENCE_K",
    "WINDOW_K",
    "Projections",
    "cell_columns",
    "column_kinds",
    "is_time",
    "merge_profiles",
    "merged_profile",
    "number_of",
    "profile_of",
    "profile_rows",
    "profile_table",
    "projections_of",
    "quoted",
    "reference_of",
]
