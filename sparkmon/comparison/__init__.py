"""Live profiles beside training references: findings, each with its verdict."""

from sparkmon.comparison.checks import Checks
from sparkmon.comparison.compare import compare
from sparkmon.comparison.verdict import verdict

__all__ = ["Checks", "compare", "verdict"]
