"""Live profiles beside training references: findings, each with its verdict."""

from sparkmon.comparison.checks import Checks
from sparkmon.comparison.compare import compare
from sparkmon.comparison.hopsworks_checks import checks_of, result_of
from sparkmon.comparison.rates import RATES
from sparkmon.comparison.verdict import verdict

__all__ = ["RATES", "Checks", "checks_of", "compare", "result_of", "verdict"]
