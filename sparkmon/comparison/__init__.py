"""Live profiles beside training references: findings, each with its verdict."""

from sparkmon.comparison.checks import Checks
from sparkmon.comparison.compare import compare
from sparkmon.comparison.rates import RATES
from sparkmon.comparison.verdict import verdict

__all__ = ["RATES", "Checks", "compare", "verdict"]
