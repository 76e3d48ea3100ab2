"""The findings as Arrow types; ``sparkmon.schemas`` derives Spark's from these."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from sparkmon.distributions.schema import PROFILES
from sparkmon.explain import CAUSES

_FINDING: list[pa.Field[Any]] = [
    pa.field("statistic", pa.string(), nullable=False),
    pa.field("value", pa.float64()),
    pa.field("threshold", pa.float64()),
    pa.field("noise", pa.float64()),
    pa.field("p_value", pa.float64()),
    pa.field("p_adjusted", pa.float64()),
    pa.field("reference_count", pa.int64()),
    pa.field("current_count", pa.int64()),
    pa.field("sketch_error", pa.float64()),
    pa.field("blocks", pa.int64()),
    pa.field("effective_blocks", pa.float64()),
    pa.field("p_blocks", pa.float64()),
    pa.field("p_blocks_adjusted", pa.float64()),
    pa.field("block_limit", pa.float64()),
    pa.field("limit", pa.float64()),
    pa.field("status", pa.string(), nullable=False),
    pa.field("reason", pa.string(), nullable=False),
    pa.field("bins", pa.int64()),
    pa.field("cusum", pa.float64()),
    pa.field("confirmed", pa.bool_()),
    pa.field("explanation", pa.string()),
    pa.field("cause", pa.string()),
    pa.field("causes", CAUSES),
]
_KEY: list[pa.Field[Any]] = [field for field in PROFILES if field.name != "profile"]

DRIFT_METRICS = pa.schema(
    [
        *_KEY,
        pa.field("drift_type", pa.string(), nullable=False),
        pa.field("reference", pa.string(), nullable=False),
        pa.field("data_type", pa.string()),
        *_FINDING,
    ]
)
"""The findings: a profile's key, the reference it was compared with, and one finding. ``drift_type`` is ``BASELINE``;
``CONSECUTIVE`` where that is the window before (``reference`` is then ``previous``); or ``LIMIT`` where nothing is
compared with but a rate that is allowed (``reference`` is then empty).

``noise`` is the value expected from sampling alone, in the value's units; ``sketch_error`` how far the sketches may put
it off. ``p_adjusted`` is the p-value among all tests of the window. ``blocks`` is the number of the reference's
blocks that it was compared with, ``effective_blocks`` how many independent ones they are worth, ``p_blocks`` how
often a window like them reaches it, ``p_blocks_adjusted`` that among all tests of the window, ``block_limit`` what
they stay below, ``cusum`` what the windows so far add up to, and ``limit`` what
the value, less noise and sketch error, has to exceed: the greater of that and the threshold. ``bins`` is
how many bins both sides were counted on, null where there are none. ``confirmed`` is whether a drift alert may fire, by
:func:`sparkmon.comparison.confirm`; null where no earlier windows were considered. ``explanation`` is all of it in one
sentence, by :meth:`sparkmon.comparison.Finding.explain`. ``cause`` is
what happened to the column, in words, and ``causes`` the same as data, by ``sparkmon.explain.CAUSES``; both are null
where nothing is over its limit. ``status`` is ``ok``, ``drift``, ``over_limit`` (a rate above
what is allowed), ``too_few_rows``, ``no_reference`` or ``not_comparable``; or ``provisional``, a drift of a window that
is still open, whose other findings follow when it closes."""
