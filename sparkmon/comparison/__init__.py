"""Live profiles compared with training references: findings, each with its verdict."""

from sparkmon.comparison.alpha import alpha_at_once, alpha_for
from sparkmon.comparison.calibration import Calibration, calibrate
from sparkmon.comparison.checks import Checks
from sparkmon.comparison.compare import compare
from sparkmon.comparison.compare_history import compare_history
from sparkmon.comparison.compare_tables import TableComparison, compare_tables
from sparkmon.comparison.confirmation import JUDGED, OVER, confirm
from sparkmon.comparison.correction import correct
from sparkmon.comparison.explained import explained
from sparkmon.comparison.finding import Finding
from sparkmon.comparison.history import History
from sparkmon.comparison.presence import extra_columns, missing_columns
from sparkmon.comparison.provisional import provisional
from sparkmon.comparison.rates import RATES
from sparkmon.comparison.verdict import verdict
from sparkmon.comparison.worst_slices import worst_slices

__all__ = [
    "JUDGED",
    "OVER",
    "RATES",
    "Calibration",
    "Checks",
    "Finding",
    "History",
    "TableComparison",
    "alpha_at_once",
    "alpha_for",
    "calibrate",
    "compare",
    "compare_history",
    "compare_tables",
    "confirm",
    "correct",
    "explained",
    "extra_columns",
    "missing_columns",
    "provisional",
    "verdict",
    "worst_slices",
]
