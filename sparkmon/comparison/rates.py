"""How often events could not be decoded, or the enrichment of requests failed, compared with the allowed rate."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sparkmon.comparison.finding import judgement
from sparkmon.statistics.laws.binomial import binomial_sf, share_lower_bound

RATES: Mapping[str, str] = MappingProxyType(
    {
        "missing": "missing_key_rate",
        "stale": "stale_rate",
        "skew": "skew_rate",
        ":events": "dead_letter_rate",
    }
)
"""What a row flag means, by the last part of its name, to the rate that is judged; and what the events' column does."""

OF_RATES = ("row_flag", "event")
"""The kinds of column of which a rate is judged, or nothing."""

ALLOWED = 0.01
"""The rate that is allowed where none is set: one row in a hundred."""

_CONFIDENCE = 0.999


def judge_rate(statistic: str, hits: int, rows: int, allowed: float = ALLOWED) -> dict[str, Any]:
    """Return the finding on a rate: over its limit if even the least rate that is believable (99.9 %) exceeds it.

    >>> judge_rate("missing_key_rate", 40, 400)["reason"]
    'missing_key_rate 0.1, less 0.041 of noise and 0 of sketch error, exceeds its threshold 0.01'
    >>> judge_rate("missing_key_rate", 1, 20)["status"]
    'ok'
    """
    finding = {
        "drift_type": "LIMIT",
        "reference": "",
        "data_type": "numeric",
        "statistic": statistic,
        "threshold": allowed,
        "current_count": rows,
        "sketch_error": 0.0,
        "limit": allowed,
    }
    if rows == 0:
        return finding | {"p_value": 1.0, "status": "too_few_rows", "reason": "no rows"}
    value = hits / rows
    least = share_lower_bound(hits, rows, _CONFIDENCE)
    noise = value - least
    return finding | {
        "value": value,
        "noise": noise,
        "p_value": binomial_sf(hits, rows, allowed),
        "status": "over_limit" if least > allowed else "ok",
        "reason": judgement(statistic, value, noise=noise, sketch_error=0, threshold=allowed, limit=allowed),
    }
