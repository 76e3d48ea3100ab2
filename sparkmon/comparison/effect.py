"""How far findings stand beyond noise."""

from __future__ import annotations

import pyarrow as pa

from sparkmon.comparison.groups import Floats, floats

GROSS = 2.0
"""An effect of more than this many times the limit needs no second window."""


def effects(findings: pa.Table) -> Floats:
    """Return the size of values less noise and sketch error, as :attr:`sparkmon.statistics.Measurement.effect`.

    NaN where one of them is null.
    """
    value, noise, error = (floats(findings, name) for name in ("value", "noise", "sketch_error"))
    effect: Floats = abs(value) - noise - error
    return effect
