"""Windows and tables summarised as mergeable profiles: blocks by numpy, their profiles merged by Spark."""

from sparkmon.profiles.cells import (
    column_kinds as column_kinds,
    is_time as is_time,
    number_of as number_of,
    quoted as quoted,
)
from sparkmon.profiles.clients import baselines_of as baselines_of, client_baseline as client_baseline
from sparkmon.profiles.joint import projections_of as projections_of
from sparkmon.profiles.merge import REFERENCE_K as REFERENCE_K, WINDOW_K as WINDOW_K, merge_profiles as merge_profiles
from sparkmon.profiles.outliers import detectors_of as detectors_of
from sparkmon.profiles.reference import id_columns as id_columns, reference_of as reference_of
from sparkmon.profiles.rows import profile_rows as profile_rows
from sparkmon.profiles.table import profile_table as profile_table
from sparkmon.profiles.training_rows import training_rows as training_rows
from sparkmon.profiles.validation import validation_of as validation_of, validations_of as validations_of
