"""What came true of the live flights, known some seconds after each call."""

import time
from collections import deque
from typing import Any

import numpy as np
import pyarrow as pa

from sparkmon.demo.flights import LABEL
from sparkmon.tables import Tables

_AFTER_S = 5.0
_ON_STRIKE = 7
"""During the strike, one in so many flights that would be on time is late."""


class LateLabels:
    """Writes labels to a Delta table five seconds after the calls, in pieces.

    From the fault on, ground crews are on strike: flights are late that the model cannot know of. So the model gets
    worse, which no column shows.
    """

    def __init__(self, place: str, flights: pa.Table) -> None:
        self._tables = Tables(f"{place}/").open()
        late = flights[LABEL].to_numpy().astype(bool)
        self._late = late
        self._late_on_strike = late | (np.random.default_rng(7).integers(_ON_STRIKE, size=len(late)) == 0)
        self._waiting: deque[tuple[float, pa.Table]] = deque()

    def learn(self, request_id: str, flights: range, *, strike: bool) -> None:
        """Take a call that was answered."""
        late = (self._late_on_strike if strike else self._late)[flights.start : flights.stop]
        columns: dict[str, Any] = {
            "request_id": [request_id] * len(flights),
            "instance": np.arange(len(flights)),
            LABEL: late,
        }
        self._waiting.append((time.monotonic() + _AFTER_S, pa.table(columns)))

    def write(self, *, everything: bool = False) -> None:
        """Write what is known by now, or all of it."""
        labels = []
        while self._waiting and (everything or self._waiting[0][0] <= time.monotonic()):
            labels.append(self._waiting.popleft()[1])
        if labels:
            self._tables.append(pa.concat_tables(labels), "labels")
