"""What the same work cost at commit 088f7c8: events decoded up to three times, windows judged by joins in Spark."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["BEFORE"]

BEFORE: Mapping[str, Mapping[str, float]] = {
    "decoding": {
        "V1, lists of numbers": 0.36,
        "V1, objects with texts": 0.65,
        "V2, one tensor": 0.60,
        "V2, a tensor per column": 2.83,
        "V2, one binary tensor": 0.68,
    },
    "judging": {"1 model x 20 columns, 3 windows": 7.66, "50 models x 20 columns": 13.71},
    "commits": {"Spark: append": 9.73, "Spark: read": 4.13},
}
"""By section and contender: CPU seconds of a full run on two shared cores, the median."""
