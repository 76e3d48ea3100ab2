"""What tells outliers of one model: detectors, fitted, and how the training rows score by them."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparkmon.detectors.row_detector import DETECTORS, STATE_FORMAT, RowDetector, read_state
from sparkmon.detectors.rows import Columns, Rows
from sparkmon.detectors.tail import Tail
from sparkmon.detectors.training_rows import TrainingRows
from sparkmon.distributions.arrays import FloatArray, IntArray
from sparkmon.errors import ProfileError
from sparkmon.protocol import Cells
from sparkmon.records import Feature

DEFAULT_DETECTORS = ("violations", "robust_z", "hbos", "mahalanobis")
LEAST_ROWS = 50
_MOST_BYTES = 8_000_000
_AT_ONCE = 2_048
"""So many rows fit into a processor's cache, with what is computed of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What some rows score."""

    p_values: FloatArray
    """By row: how often a training row is as unlike the others."""
    of_detectors: FloatArray
    """Detectors x rows: the p-value of each."""
    excess: FloatArray
    """Detectors x rows: the score in units of the greatest one of a training row, if that is above 1."""


@dataclass(frozen=True, eq=False)
class OutlierModel:
    """Fitted detectors, and the tails of their scores on training rows that they have not seen.

    A row's p-value is that of the least p-value of its detectors, again among such rows: whatever the detectors are, a
    share r of rows like the training rows has one of at most r.
    """

    columns: Columns
    detectors: tuple[RowDetector, ...]
    tails: tuple[Tail, ...]
    together: Tail
    training: TrainingRows | None = None
    """Rows to compare outliers with; None where there were none, or they were not kept."""

    @classmethod
    def fit(
        cls, features: Sequence[Feature], training: Cells, others: Cells, names: Sequence[str] = DEFAULT_DETECTORS
    ) -> "OutlierModel":
        """Fit detectors to training rows, and let them score other rows of the same table.

        ProfileError if there are too few rows, or no feature that a detector reads.
        """
        if min(len(training), len(others)) < LEAST_ROWS:
            raise ProfileError(f"got {len(training)} and {len(others)} rows; expected {LEAST_ROWS} or more of each")
        columns = Columns.of(features, training)
        rows, unseen = columns.read(training), columns.read(others)
        detectors = tuple([DETECTORS.get(name).fit(columns, rows) for name in names])
        scores = [detector.score(unseen) for detector in detectors]
        tails = tuple([Tail.of(each) for each in scores])
        least = np.min([tail.p_values(each) for tail, each in zip(tails, scores, strict=True)], axis=0)
        # Each of these rows was compared with itself, too, which a live row is not.
        return cls(columns, detectors, tails, Tail.of(1 / (1 + len(unseen)) - least), TrainingRows.of(rows))

    @property
    def least_p(self) -> float:
        """The least p-value that a row can have."""
        return float(self.together.p_values(np.array([-1 / (1 + self.together.rows)]))[0])

    def outliers(self, rows: Rows, rate: float) -> tuple[IntArray, Scores]:
        """Return the places of the rows with a p-value of at most ``rate``, and what they score."""
        least = -self.together.least_score(np.nextafter(rate, 1))
        bounds = [tail.least_score(least) for tail in self.tails]
        chosen = []
        for first in range(0, len(rows), _AT_ONCE):
            part = rows.take(slice(first, first + _AT_ONCE))
            is_outlier = np.zeros(len(part), np.bool_)
            for detector, bound in zip(self.detectors, bounds, strict=True):
                is_outlier |= detector.score(part) > bound
            chosen.append(first + np.flatnonzero(is_outlier))
        places = np.concatenate([*chosen, np.empty(0, np.int64)])
        return places, self.scores(rows.take(places))

    def scores(self, rows: Rows) -> Scores:
        """Score rows."""
        parts = [rows.take(slice(at, at + _AT_ONCE)) for at in range(0, max(1, len(rows)), _AT_ONCE)]
        raw = [np.concatenate([detector.score(part) for part in parts]) for detector in self.detectors]
        each = np.array([tail.p_values(score) for tail, score in zip(self.tails, raw, strict=True)])
        excess = np.array([s / max(tail.greatest, 1.0) for tail, s in zip(self.tails, raw, strict=True)])
        return Scores(self.together.p_values(-each.min(axis=0)), each, excess)

    def to_bytes(self) -> bytes:
        """Return it as JSON."""
        tails = [_written(tail) for tail in (*self.tails, self.together)]
        fields = {
            "format": STATE_FORMAT,
            "columns": self.columns.to_json(),
            "detectors": [[each.name, each.to_json()] for each in self.detectors],
            "tails": tails,
            "training": None if self.training is None else self.training.to_json(),
        }
        return json.dumps(fields).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "OutlierModel":
        """Read what :meth:`to_bytes` wrote, or raise ProfileError.

        UnknownNameError if a detector is not registered: import the module that has it first.
        """
        return read_state(data, "detectors", _MOST_BYTES, cls._of_state, "make them with OutlierModel.fit")

    @classmethod
    def _of_state(cls, fields: Mapping[str, Any]) -> "OutlierModel":
        columns = Columns.from_json(fields["columns"])
        detectors = tuple([DETECTORS.get(name).from_json(state) for name, state in fields["detectors"]])
        *tails, together = map(_read, fields["tails"])
        stored = fields.get("training")
        training = None if stored is None else TrainingRows.from_json(stored, columns)
        model = cls(columns, detectors, tuple(tails), together, training)
        model._probe()
        return model

    def _probe(self) -> None:
        """Score a typical row: what does not fit together fails here, on the driver."""
        width = len(self.columns.numbers)
        row = Rows(
            np.array([self.columns.medians]).reshape(1, width),
            np.zeros((1, width), np.int8),
            np.zeros((1, len(self.columns.levels)), np.int64),
        )
        if len(self.tails) != len(self.detectors) or not np.isfinite(self.scores(row).excess).all():
            raise ProfileError("got detectors that do not score a row; make them with OutlierModel.fit")


def _written(tail: Tail) -> Mapping[str, Any]:
    arrays = (("scores", tail.scores.astype("<f8")), ("ranks", tail.ranks.astype("<i8")))
    return {"rows": tail.rows} | {name: base64.b64encode(each.tobytes()).decode() for name, each in arrays}


def _read(fields: Mapping[str, Any]) -> Tail:
    scores, ranks = (base64.b64decode(fields[name], validate=True) for name in ("scores", "ranks"))
    return Tail(int(fields["rows"]), np.frombuffer(scores, "<f8"), np.frombuffer(ranks, "<i8"))
