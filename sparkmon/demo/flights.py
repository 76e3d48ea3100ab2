"""The flights of the demonstration: what trains the model, what makes its reference, and the live traffic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sparkmon.errors import OptionError

__all__ = [
    "FEATURES",
    "LABEL",
    "LEVELS",
    "MODEL",
    "SCHEDULE",
    "SCORE",
    "WEATHER",
    "Flights",
    "split_flights",
]

MODEL = "flights"
LABEL = "arrived_late"
SCORE = "delay_probability"
"""What the model answers."""

SCHEDULE = ("sched_dep", "sched_arr", "distance", "dow", "carrier", "origin")
WEATHER = ("temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib")
FEATURES = ("dep_delay", *SCHEDULE, *WEATHER)
"""The model's inputs, in order."""

LEVELS = ("carrier", "origin")
"""Those that are names and not numbers."""

_SEED = 20130101
_PACKAGE = Path(__file__).resolve().parent.parent
_PLACES = (_PACKAGE / "examples", _PACKAGE.parent / "examples")


@dataclass(frozen=True)
class Flights:
    """The parts, each in seeded random order: a quarter of all flights, another quarter, and the other half.

    Random order is what makes them alike: in the order of the calendar the weather alone would drift.
    """

    training: pa.Table
    """The model is fitted to these."""
    reference: pa.Table
    """Not shown to the model before: what it says of these is what it says of new flights."""
    live: pa.Table


def split_flights() -> Flights:
    """Read the flights and part them at random, the same way every time.

    Raises
    ------
    OptionError
        The data is not there.
    """
    for place in _PLACES:
        path = place / "flights" / "flights.parquet"
        if path.exists():
            table = pq.read_table(path)
            order = np.random.default_rng(_SEED).permutation(table.num_rows)
            quarter, half = table.num_rows // 4, table.num_rows // 2
            parts = (order[:quarter], order[quarter:half], order[half:])
            indexes: list[Any] = [pa.array(part) for part in parts]
            return Flights(*(table.take(index) for index in indexes))
    raise OptionError(
        "the example data examples/flights/flights.parquet is not there; run the demo from a checkout "
        "of the project or from its wheel"
    )
