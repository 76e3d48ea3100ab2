"""Profiles judged beside references and earlier windows: findings, each with its verdict."""

from sparkmon.comparison.basis import findings_table
from sparkmon.comparison.checks import Checks
from sparkmon.comparison.compare import compare_profiles
from sparkmon.comparison.confirmation import JUDGED, OVER, confirm
from sparkmon.comparison.correction import correct
from sparkmon.comparison.finding import TOO_SHORT, Finding
from sparkmon.comparison.history import History
from sparkmon.comparison.judge import Judge
from sparkmon.comparison.promise import Promise, promise
from sparkmon.comparison.provisional import provisional
from sparkmon.comparison.rates import RATES
from sparkmon.comparison.references import References
from sparkmon.comparison.verdict import verdict

__all__ = [
    "JUDGED",
    "OVER",
    "RATES",
    "TOO_SHORT",
    "Checks",
    "Finding",
    "History",
    "Judge",
    "Promise",
    "References",
    "compare_profiles",
    "confirm",
    "correct",
    "findings_table",
    "promise",
    "provisional",
    "verdict",
]
