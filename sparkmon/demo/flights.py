"""The flights of the demonstration: one half trains the reference, the other half is the live traffic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sparkmon.errors import OptionError

__all__ = ["Flights", "split_flights"]

_SEED = 20130101
_PACKAGE = Path(__file__).resolve().parent.parent
_PLACES = (_PACKAGE / "examples", _PACKAGE.parent / "examples")


@dataclass(frozen=True)
class Flights:
    """The two halves, in seeded random order."""

    reference: pa.Table
    live: pa.Table


def split_flights() -> Flights:
    """Read the flights and halve them at random, the same way every time.

    Random order is what makes the two halves alike: in the order of the calendar the weather alone would drift.
    """
    for place in _PLACES:
        path = place / "flights" / "flights.parquet"
        if path.exists():
            table = pq.read_table(path)
            order = np.random.default_rng(_SEED).permutation(table.num_rows)
            half = table.num_rows // 2
            return Flights(table.take(order[:half]), table.take(order[half:]))
    raise OptionError(
        "the example data examples/flights/flights.parquet is not there; run the demo from a checkout "
        "of the project or from its wheel"
    )
