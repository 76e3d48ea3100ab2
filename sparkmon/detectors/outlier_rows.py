"""Outliers among the rows of blocks: a flag of each row, and the most severe rows with what makes them outliers."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from sparkmon.detectors.outlier_model import OutlierModel, Scores
from sparkmon.detectors.rows import Rows
from sparkmon.detectors.schema import OUTLIERS
from sparkmon.distributions.arrays import FloatArray, IntArray
from sparkmon.distributions.schema import OUTLIER
from sparkmon.errors import OptionError
from sparkmon.printable import printable
from sparkmon.protocol import Cells, RowBlock, join_columns

GREATEST_RATE = 0.05
_MOST_WINDOWS = 1_000
"""Of so many windows and models a task lists outliers; those of others are counted."""
_ID_CHARACTERS, _VALUE_CHARACTERS = 256, 100
_NAMED, _LEAST_SHARE = 3, 0.25
_MOST_VALUES = 50
"""Of the nearest training row."""

_Row: TypeAlias = tuple[dict[str, Any], OutlierModel, Rows]
"""An outlier as it is listed, what it was found by, and its values."""


@dataclass(frozen=True)
class Outliers:
    """Which rows are outliers, and how many are listed.

    Raises
    ------
    OptionError
        The rate is not above 0 and at most 0.05, or no row would be listed.

    Examples
    --------
    >>> Outliers(rate=0.01).keep
    100
    """

    rate: float = 0.001
    """The share of rows that are flagged of traffic like the training data, at most 0.05."""
    keep: int = 100
    """The most severe rows of a window that the table ``outliers`` lists."""

    def __post_init__(self) -> None:
        if not 0 < self.rate <= GREATEST_RATE:
            raise OptionError.malformed("rate", self.rate, f"a share above 0 and at most {GREATEST_RATE}")
        if not 1 <= self.keep <= 10_000:
            raise OptionError.malformed("keep", self.keep, "1 to 10000")


@dataclass(frozen=True, eq=False)
class OutlierDetector:
    """The models whose requests are searched for outliers, by name and version; sent to Spark's workers."""

    models: Mapping[tuple[str, str], OutlierModel]
    outliers: Outliers
    pane_us: int

    def open(self) -> OutlierRows:
        """Begin to search the rows of one task."""
        return OutlierRows(self)


class OutlierRows:
    """The outliers of one task: :meth:`mark` flags rows, :meth:`build` gives the most severe of each window."""

    def __init__(self, detector: OutlierDetector) -> None:
        self._models, self._outliers, self._pane_us = detector.models, detector.outliers, detector.pane_us
        self._top: dict[tuple[str, str, int], list[tuple[float, float, int, _Row]]] = {}
        self._count = 0

    def mark(self, blocks: Iterable[RowBlock], event_ids: pa.Array[Any]) -> list[RowBlock]:
        """Add the row flag ``:outlier`` to requests of the models: 1 of an outlier, 0 of others."""
        return [self._mark(block, event_ids) for block in blocks]

    def build(self) -> pa.Table:
        """Return the most severe outliers: ``OUTLIERS``."""
        rows = [self._compared(*row) for top in self._top.values() for *_, row in top]
        return pa.Table.from_pylist(rows, schema=OUTLIERS)

    def _compared(self, row: dict[str, Any], model: OutlierModel, own: Rows) -> dict[str, Any]:
        """Add what the nearest training row is like."""
        if model.training is None:
            return row
        rate = max(self._outliers.rate, model.least_p)
        nearest, places = model.training.counterfactual(own, rate, lambda rows: model.scores(rows).p_values)
        values = [
            {"column_name": name, "value": _text(model, nearest, place)}
            for place, name in enumerate(model.columns.names)
        ]
        changes = [values[place] for place in places]
        words = ", ".join(f"{each['column_name']} = {each['value']}" for each in changes)
        reason = f"{row['reason']}; usual with {words}, as in the nearest training row" if words else row["reason"]
        return row | {"nearest": values[:_MOST_VALUES], "counterfactual": changes, "reason": reason}

    def _mark(self, block: RowBlock, event_ids: pa.Array[Any]) -> RowBlock:
        model = self._models.get((block.model, block.model_version), self._models.get((block.model, "")))
        if model is None or block.event_type != "request" or block.features is None or not len(block):
            return block
        rows = model.columns.read(block.features)
        flagged, scores = model.outliers(rows, max(self._outliers.rate, model.least_p))
        is_outlier = np.zeros(len(block), np.bool_)
        is_outlier[flagged] = True
        if len(flagged):
            self._keep(block, event_ids, model, rows.take(flagged), scores, flagged)
        flags = Cells((OUTLIER,), is_outlier[:, None].astype(np.float64))
        parts = [flags] if block.row_flags is None else [block.row_flags, flags]
        return replace(block, row_flags=join_columns(parts))

    def _keep(
        self,
        block: RowBlock,
        event_ids: pa.Array[Any],
        model: OutlierModel,
        rows: Rows,
        scores: Scores,
        flagged: IntArray,
    ) -> None:
        """Keep the most severe of the flagged rows of each pane; ``rows`` and ``scores`` are those of these."""
        excess = scores.excess.mean(axis=0)
        order = np.lexsort((-excess, scores.p_values))
        panes = block.event_time[flagged] // self._pane_us
        for pane in np.unique(panes).tolist():
            key = (block.model, block.model_version, pane)
            if key not in self._top and len(self._top) >= _MOST_WINDOWS:
                continue
            top = self._top.setdefault(key, [])
            own = order[panes[order] == pane][: self._outliers.keep]
            entries = [(-scores.p_values[at], excess[at]) for at in own.tolist()]
            room = self._outliers.keep - len(top)
            new = [place < room or entry > top[0][:2] for place, entry in enumerate(entries)]
            for row in self._explained(block, event_ids, model, rows, scores, flagged, own[new], pane):
                self._count += 1  # no two entries are compared by their rows
                heapq.heappush(top, (-row[0]["p_value"], row[0]["excess"], self._count, row))
            while len(top) > self._outliers.keep:
                heapq.heappop(top)

    def _explained(
        self,
        block: RowBlock,
        event_ids: pa.Array[Any],
        model: OutlierModel,
        rows: Rows,
        scores: Scores,
        flagged: IntArray,
        chosen: IntArray,
        pane: int,
    ) -> Iterable[_Row]:
        # Of detectors that agree, the one whose score is furthest beyond.
        first = np.lexsort((-scores.excess[:, chosen], scores.of_detectors[:, chosen]), axis=0)[0]
        for place in np.unique(first).tolist():
            detector, own = model.detectors[place], chosen[first == place]
            parts = detector.parts(model.columns, rows.take(own))
            for at, part in zip(own.tolist(), parts, strict=True):
                row = int(flagged[at])
                causes = _causes(model, block.features, row, part)
                p_value = float(scores.p_values[at])
                named = "; ".join(
                    f"{each['column_name']} = {each['value']} {detector.phrase} (typical: {each['typical']})"
                    for each in causes
                )
                event_id = event_ids[int(block.event[row])].as_py()
                listed = {
                    "model": block.model,
                    "model_version": block.model_version,
                    "window_start": pane * self._pane_us,
                    "window_end": (pane + 1) * self._pane_us,
                    "event_id": None if event_id is None else printable(event_id[:_ID_CHARACTERS]),
                    "instance": int(block.instance[row]),
                    "event_time": int(block.event_time[row]),
                    "severity": 100 * (1 - p_value),
                    "p_value": p_value,
                    "excess": float(scores.excess[:, at].mean()),
                    "detector": detector.name,
                    "columns": causes,
                    "reason": named,
                }
                yield listed, model, rows.take(np.array([at]))


def _causes(model: OutlierModel, features: Cells | None, row: int, part: FloatArray) -> list[dict[str, Any]]:
    """Return the columns that make most of a row's score."""
    total = float(part.sum()) or 1.0
    places = [place for place in np.argsort(-part)[:_NAMED].tolist() if part[place] >= _LEAST_SHARE * part.max() > 0]
    names = model.columns.names
    return [
        {
            "column_name": names[place],
            "value": _value(features, names[place], row),
            "typical": printable(model.columns.typical(place)[:_VALUE_CHARACTERS]),
            "share": float(part[place]) / total,
        }
        for place in places
    ]


def _text(model: OutlierModel, row: Rows, place: int) -> str:
    """Return a value of a training row as a text."""
    columns = model.columns
    if place < len(columns.numbers):
        return "null" if row.faults[0, place] else f"{row.numbers[0, place]:.6g}"
    levels = columns.levels[columns.names[place]]
    code = int(row.levels[0, place - len(columns.numbers)])
    return printable(levels[code][:_VALUE_CHARACTERS]) if 0 <= code < len(levels) else "null"


def _value(features: Cells | None, name: str, row: int) -> str:
    if features is None or name not in features.names:
        return "null"
    place = features.names.index(name)
    text = features.texts[place][row].as_py() if place in features.texts else None
    if text is not None:
        return printable(text[:_VALUE_CHARACTERS])
    number = features.numbers[row, place]
    return "null" if np.isnan(number) and not features.is_number()[row, place] else f"{number:.6g}"
