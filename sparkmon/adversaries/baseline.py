"""What the clients of a model are judged by: honest rows, and how far the windows of honest clients go."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, cast

import numpy as np

from sparkmon.adversaries.anonymous import SWEPT_ROWS, sweep_limits
from sparkmon.adversaries.client_rows import ClientRows
from sparkmon.adversaries.client_window import ClientWindow
from sparkmon.adversaries.honest import Honest
from sparkmon.adversaries.statistic import CLIENT_STATISTICS, Limit, Side
from sparkmon.detectors import STATE_FORMAT, Columns, Hbos, Mahalanobis, Rows, array_of, read_state, written
from sparkmon.distributions.arrays import FloatArray
from sparkmon.errors import ProfileError

WINDOW_ROWS = 100
LEAST_WINDOWS = 30
"""Fewer windows of honest clients say nothing about how far they go."""
_LEAST_CLIENTS = 3
_WIDER = 0.25
"""How far beyond the most extreme honest window a limit is, in parts of the distance from their median to it."""
_DEVIATIONS = 4 * 1.4826
"""How much further out a limit is for each unit that the spread has grown: four standard deviations."""
_MOST_WIDER = 1.5
"""It is at most by so many times what the median has moved."""
_MOST_BYTES = 16_000_000


class Limits(NamedTuple):
    """A statistic fires below ``low`` and above ``high``, None where there is no such side."""

    low: float | None
    middle: float
    """The median of honest windows, and the median of their distances from it."""
    spread: float
    high: float | None

    @classmethod
    def of(cls, side: Side, values: Sequence[float]) -> "Limits":
        """Go a quarter beyond the most extreme of the values of honest windows."""
        least, middle, most = min(values), float(np.median(values)), max(values)
        return cls(
            None if side == "high" else least - _WIDER * (middle - least),
            middle,
            _spread(values, middle),
            None if side == "low" else most + _WIDER * (most - middle),
        )

    def passed_by(self, value: float) -> Limit | None:
        """Return the limit that a value is beyond, if any."""
        if self.low is not None and value < self.low:
            return "low"
        return "high" if self.high is not None and value > self.high else None

    def moved(self, last: Sequence[float], recent: Sequence[float]) -> "Limits":
        """Return limits for what clients do now, by the last window of each and by all recent ones.

        They are further out, never further in: by what the median has moved, and by what the windows vary more, of
        which few clients say little. Where the median has hardly moved, they hardly do: an attacker among few clients
        makes them vary more, too.
        """
        if not last:
            return self
        middle = float(np.median(last))
        shift, spread = middle - self.middle, _spread(recent, middle) * (1 + 1 / math.sqrt(len(last)))
        wider = min(_MOST_WIDER * abs(shift), _DEVIATIONS * max(0.0, spread - self.spread))
        low = None if self.low is None else self.low + min(0.0, shift) - wider
        high = None if self.high is None else self.high + max(0.0, shift) + wider
        return Limits(low, self.middle, self.spread, high)


@dataclass(frozen=True, eq=False)
class Baseline:
    """Honest rows, and the limits of each statistic."""

    honest: Honest
    limits: Mapping[str, Limits]
    windows: int
    """How many windows of honest clients the limits come from."""
    sweeps: Sequence[int]
    """By column, the longest sweep of rows of nobody knows whom that is no attack; none if there were too few rows."""

    @classmethod
    def fit(cls, honest: Honest, clients: Iterable[tuple[str, ClientRows]]) -> "Baseline":
        """Learn how far honest clients go.

        Parameters
        ----------
        honest : Honest
            The reference's rows.
        clients : iterable of str and ClientRows
            The name and the rows of each client that is known to be honest; ``""`` is the name of nobody knows whom.

        Raises
        ------
        ProfileError
            There are fewer than 30 windows of 100 rows of one client, and fewer than 5,000 rows of nobody knows whom.
        """
        values: list[Mapping[str, float]] = []
        sweeps: list[int] = []
        for name, client in clients:
            if name:
                values += [statistics_of(window) for window in windows_of(honest, client.rows, client.scores)]
            else:
                sweeps = sweep_limits(client.rows)
        if len(values) < LEAST_WINDOWS:
            if sweeps:
                return cls(honest, {}, 0, sweeps)
            raise ProfileError(
                f"got {len(values)} windows of {WINDOW_ROWS} rows of one client; give rows of more clients known to be "
                f"honest, or more of each: {LEAST_WINDOWS} windows or more, or {SWEPT_ROWS:,} rows without a client"
            )
        limits = {
            name: Limits.of(CLIENT_STATISTICS.get(name).side, [each[name] for each in values]) for name in values[0]
        }
        return cls(honest, limits, len(values), sweeps)

    def moved(self, clients: Iterable[Sequence[ClientWindow]]) -> "Baseline":
        """Return the baseline for what clients do now, by the last windows of each, if they are three or more.

        An upstream fault or drift moves the rows of all clients, or of some rows of each, and makes none of them an
        attacker. What moved the median client, moves the limits, and where clients vary more, they are wider.
        """
        values = [[statistics_of(window) for window in windows] for windows in clients]
        if len(values) < _LEAST_CLIENTS:
            return self
        limits = {}
        for name, each in self.limits.items():
            last = [windows[-1][name] for windows in values if name in windows[-1]]
            recent = [window[name] for windows in values for window in windows if name in window]
            limits[name] = each.moved(last, recent)
        return replace(self, limits=limits)

    def fired(self, window: ClientWindow) -> dict[str, Limit]:
        """Return the statistics that are beyond a limit, and which."""
        values = statistics_of(window)
        beyond = {name: self.limits[name].passed_by(value) for name, value in values.items() if name in self.limits}
        return {name: limit for name, limit in beyond.items() if limit is not None}

    def to_bytes(self) -> bytes:
        """Return it as JSON."""
        honest = self.honest
        state = {
            "format": STATE_FORMAT,
            "windows": self.windows,
            "sweeps": self.sweeps,
            "limits": self.limits,
            "columns": honest.columns.to_json(),
            "hbos": honest.hbos.to_json(),
            "mahalanobis": honest.mahalanobis.to_json(),
            "honest": {name: written(getattr(honest, name)) for name in _ARRAYS},
        }
        return json.dumps(state).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Baseline":
        """Read what :meth:`to_bytes` wrote, or raise ProfileError."""
        return read_state(data, "a baseline of clients", _MOST_BYTES, cls._of_state, "fit it again")

    @classmethod
    def _of_state(cls, state: Mapping[str, Any]) -> "Baseline":
        honest = Honest(
            Columns.from_json(state["columns"]),
            cast(Hbos, Hbos.from_json(state["hbos"])),
            cast(Mahalanobis, Mahalanobis.from_json(state["mahalanobis"])),
            **{name: array_of(state["honest"][name]) for name in _ARRAYS},
        )
        limits = {
            str(name): Limits(_bound(low), float(middle), float(spread), _bound(high))
            for name, (low, middle, spread, high) in state["limits"].items()
        }
        baseline = cls(honest, limits, int(state["windows"]), [*map(int, state["sweeps"])])
        baseline._probe()
        return baseline

    def _probe(self) -> None:
        """Judge a window of typical rows: what does not fit together fails here, on the driver."""
        columns = self.honest.columns
        if self.sweeps and len(self.sweeps) != len(columns.names):
            raise ProfileError(f"got {len(self.sweeps)} limits of sweeps for {len(columns.names)} columns")
        numbers = np.tile(np.array(columns.medians, float), (WINDOW_ROWS, 1))
        levels = np.zeros((WINDOW_ROWS, len(columns.levels)), np.int64)
        scores = np.full((WINDOW_ROWS, len(self.honest.label_shares)), 0.5) if self.honest.has_scores else None
        window = ClientWindow(self.honest, Rows(numbers, np.zeros(numbers.shape, np.int8), levels), scores)
        self.fired(window)
        if window.has_scores:
            self.honest.disagreement(window.points, window.labels)


_ARRAYS = [each.name for each in fields(Honest) if each.name not in ("columns", "hbos", "mahalanobis")]


def statistics_of(window: ClientWindow) -> dict[str, float]:
    """Compute all statistics of a window, by name; those that need the model's answers only where they are known."""
    chosen = [CLIENT_STATISTICS.get(name) for name in CLIENT_STATISTICS]
    return {each.name: float(each.function(window)) for each in chosen if window.has_scores or not each.needs_scores}


def windows_of(honest: Honest, rows: Rows, scores: FloatArray | None) -> list[ClientWindow]:
    """Cut a client's rows into windows of 100, so that the last one ends with the last row."""
    first = len(rows) % WINDOW_ROWS
    windows = []
    for start in range(first, len(rows), WINDOW_ROWS):
        chosen = np.arange(start, start + WINDOW_ROWS)
        windows.append(ClientWindow(honest, rows.take(chosen), None if scores is None else scores[chosen]))
    return windows


def _bound(value: Any) -> float | None:  # noqa: ANN401 - what JSON has
    return None if value is None else float(value)


def _spread(values: Sequence[float], middle: float) -> float:
    return float(np.median(np.abs(np.array(values) - middle)))
