"""How often events could not be decoded, or the enrichment of requests failed, compared with the allowed rate."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sparkmon.comparison.block_effects import BlockEffects
from sparkmon.comparison.finding import judgement
from sparkmon.distributions.schema import OUTLIER
from sparkmon.statistics.laws.binomial import binomial_sf, share_lower_bound

RATES: Mapping[str, str] = MappingProxyType(
    {
        "missing": "missing_key_rate",
        "stale": "stale_rate",
        "skew": "skew_rate",
        ":events": "dead_letter_rate",
        OUTLIER: "outlier_rate",
    }
)
"""What a row flag means, by the last part of its name, to the rate that is judged; and what the events' column does."""

OF_RATES = ("row_flag", "event")
"""The kinds of column of which a rate is judged, or nothing."""

ALLOWED = 0.01
"""The rate that is allowed where none is set: one row in a hundred."""

CONFIDENCE = 0.999


@dataclass(frozen=True, slots=True)
class ReferenceRate:
    """What a rate is in a reference."""

    rows: int
    greatest: float
    """The greatest rate that its rows leave believable (99.9 %)."""
    blocks: BlockEffects | None = None
    limit: float = 0.0
    """What windows like its blocks stay below."""

    @classmethod
    def of(cls, hits: int, rows: int) -> "ReferenceRate":
        """Read a count of hits."""
        return cls(rows, 1 - share_lower_bound(rows - hits, rows, CONFIDENCE) if rows else 1.0)


def judge_rate(
    statistic: str,
    hits: int,
    rows: int,
    allowed: float = ALLOWED,
    reference: ReferenceRate | None = None,
    *,
    anytime: bool = False,
) -> dict[str, Any]:
    """Return the finding on a rate: over its limit if even the least rate that is believable (99.9 %) exceeds it.

    ``reference`` bounds what is allowed, too. With ``anytime`` the p-value holds at every look at a growing window.

    >>> judge_rate("missing_key_rate", 40, 400)["reason"]
    'missing_key_rate 0.1, less 0.041 of noise and 0 of sketch error, exceeds its threshold 0.01'
    >>> judge_rate("missing_key_rate", 1, 20)["status"]
    'ok'
    """
    limit, blocks = allowed, 0
    if reference is not None:
        limit, blocks = max(allowed, reference.limit), len(reference.blocks.ascending) if reference.blocks else 0
    finding: dict[str, Any] = {
        "drift_type": "LIMIT",
        "reference": "",
        "data_type": "numeric",
        "statistic": statistic,
        "threshold": allowed,
        "reference_count": None if reference is None else reference.rows,
        "current_count": rows,
        "sketch_error": 0.0,
        "blocks": blocks or None,
        "block_limit": reference.limit if reference is not None and blocks else None,
        "limit": limit,
    }
    if rows == 0:
        return finding | {"p_value": 1.0, "status": "too_few_rows", "reason": "no rows"}
    value = hits / rows
    least = share_lower_bound(hits, rows, CONFIDENCE)
    noise = value - least
    return finding | {
        "value": value,
        "noise": noise,
        "p_value": _lasting_p_value(hits, rows, limit) if anytime else binomial_sf(hits, rows, limit),
        "status": "over_limit" if least > limit else "ok",
        "reason": judgement(
            statistic,
            value,
            noise=noise,
            sketch_error=0,
            threshold=allowed,
            limit=limit,
            block_limit=finding["block_limit"],
            blocks=blocks,
        ),
    }


def _lasting_p_value(hits: int, rows: int, limit: float) -> float:
    """Return the inverse of an e-value: the mean likelihood ratio of greater rates to the limit (Ville's inequality).

    At the limit each ratio is a martingale over the rows, and below it a supermartingale.
    """
    if limit == 0:
        return 0.0 if hits else 1.0
    rates = [rate for rate in (limit * 2**step for step in range(1, 12)) if 0 < rate < 1]
    logs = [hits * math.log(rate / limit) + (rows - hits) * math.log((1 - rate) / (1 - limit)) for rate in rates]
    greatest = max([0.0, *logs])
    mean = sum(math.exp(each - greatest) for each in logs) / max(1, len(logs))
    return min(1.0, math.exp(-greatest) / mean) if mean else 1.0
