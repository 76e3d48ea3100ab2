"""How often the enrichment of requests failed, compared with the allowed rate. No Spark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sparkmon.comparison.finding import judgement
from sparkmon.statistics.laws.binomial import binomial_sf, share_lower_bound

RATES: Mapping[str, str] = MappingProxyType(
    {"missing": "missing_key_rate", "stale": "stale_rate", "skew": "skew_rate"}
)
"""What a row flag means, by the last part of its name, to the rate that is judged."""

ALLOWED = 0.01
"""The rate that is allowed where none is set: one row in a hundred."""

_CONFIDENCE = 0.999


@dataclass(frozen=True, slots=True)
class JudgedRate:
    """One rate compared with the allowed rate."""

    value: float
    threshold: float
    noise: float
    """The value less the least rate that these rows leave believable (99.9 %)."""
    p_value: float
    """How often rows of the allowed rate would give such a value or a greater one."""
    status: str
    reason: str


def judge_rate(statistic: str, hits: int, rows: int, allowed: float = ALLOWED) -> JudgedRate:
    """Judge how many rows of a window were marked.

    Parameters
    ----------
    statistic : str
        The rate's name, for the sentence.
    hits, rows : int
        Marked rows, and rows that could have been.
    allowed : float, default 0.01
        The rate that is no news, in [0, 1].

    Returns
    -------
    JudgedRate
        ``over_limit`` if even the least rate that these rows leave believable exceeds what is allowed, else ``ok``;
        ``too_few_rows`` if there are none.

    Examples
    --------
    >>> judge_rate("missing_key_rate", 40, 400).reason
    'missing_key_rate 0.1, less 0.041 of noise and 0 of sketch error, exceeds its threshold 0.01'
    >>> judge_rate("missing_key_rate", 1, 20).status
    'ok'
    """
    if rows == 0:
        return JudgedRate(float("nan"), allowed, float("nan"), 1.0, "too_few_rows", "no rows")
    value = hits / rows
    least = share_lower_bound(hits, rows, _CONFIDENCE)
    noise = value - least
    reason = judgement(
        statistic, value, noise=noise, sketch_error=0, threshold=allowed, limit=allowed
    )
    return JudgedRate(
        value,
        allowed,
        noise,
        binomial_sf(hits, rows, allowed),
        "over_limit" if least > allowed else "ok",
        reason,
    )
