"""The flights of the demonstration: training data, reference and live traffic."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sparkmon.errors import OptionError

MODEL = "flights"
LABEL = "arrived_late"
SCORE = "delay_probability"
"""The model's prediction."""

SCHEDULE = ("sched_dep", "sched_arr", "distance", "dow", "carrier", "origin")
WEATHER = ("temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib")
FEATURES = ("dep_delay", *SCHEDULE, *WEATHER)
"""The model's inputs, in order."""

LEVELS = ("carrier", "origin")
"""The categorical features."""

_SEED = 20130101
_PACKAGE = Path(__file__).resolve().parent.parent
_PLACES = (_PACKAGE / "examples", _PACKAGE.parent / "examples")


class Flights(NamedTuple):
    """The parts, each in seeded random order: a quarter of all flights, another quarter, and the other half.

    Random order makes the parts alike: in calendar order the weather would drift.
    """

    training: pa.Table
    """The model is trained on these."""
    reference: pa.Table
    """Not in the training data: predictions for these are like those for new flights."""
    live: pa.Table


def split_flights() -> Flights:
    """Read the flights, and split them at random with a fixed seed; OptionError if the data file is missing."""
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
        "the example data examples/flights/flights.parquet is missing; run the demo from a checkout "
        "of the project or from its wheel"
    )
