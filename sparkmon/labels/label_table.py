"""The labels of a model by their keys, and what each row of the model gets of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.distributions.arrays import BoolArray, IntArray
from sparkmon.labels.label_source import LabelSource
from sparkmon.performance import class_names

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, eq=False)
class Joined:
    """What each of some rows got."""

    labels: pa.Array[Any]
    """As texts; null where there is none."""
    is_duplicate: BoolArray
    """Whether its label came more than once."""
    is_contradicted: BoolArray
    """Whether it came with different values. The last one counts, and none where labels have no times."""
    is_early: BoolArray
    """Whether its label was moments before the prediction, which the clocks or the key are wrong for: it does not
    count."""


class LabelTable:
    """Labels as they were read, to be joined to rows.

    >>> labels = pa.table({"request_id": ["a", "a", "b"], "late": [1, 0, 1]})
    >>> times = pa.array([0, 0, 0], pa.timestamp("us", "UTC"))
    >>> rows = {"request_id": pa.array(["b", "a", "c"])}
    >>> joined = LabelTable(labels, "late", LabelSource("./labels")).join(rows, times)
    >>> joined.labels.to_pylist(), joined.is_contradicted.tolist()
    (['1', None, None], [False, True, False])
    """

    def __init__(self, labels: pa.Table, label: str, source: LabelSource) -> None:
        self._source = source
        keys = dict(source.entities) or {"request_id": source.request_id}
        if source.instance and not source.entities:
            keys["instance"] = source.instance
        needed = [label, *keys.values(), *([source.time] if source.time else [])]
        for name in needed:
            labels = labels.filter(pc.is_valid(labels[name]))
        self._keys = _Keys({name: class_names(labels[column]) for name, column in keys.items()})
        times = _micros(labels[source.time]) if source.time else np.zeros(labels.num_rows, np.int64)
        order = np.lexsort((times, self._keys.codes))
        codes, times = self._keys.codes[order], times[order]
        values: Any = class_names(labels[label]).dictionary_encode()
        values_at: IntArray = values.indices.to_numpy()[order]
        # One label for each key; for each key and time where labels are of entities, which get others later.
        is_first = np.diff(codes, prepend=-1) != 0
        if source.entities:
            is_first |= np.diff(times, prepend=0) != 0
        first = np.flatnonzero(is_first)
        last = np.append(first[1:], len(order))[: len(first)] - 1
        self._codes, self._times = codes[last], times[last]
        self._is_duplicate = last > first
        self._is_contradicted = np.zeros(len(first), np.bool_)
        if len(first):
            differs = np.maximum.reduceat(values_at, first) != np.minimum.reduceat(values_at, first)
            self._is_contradicted = differs
        is_unmoments = self._is_contradicted & (not source.time or bool(source.entities))
        self._labels = values.dictionary.take(pa.array(values_at[last], mask=is_unmoments))

    def join(self, keys: Mapping[str, Any], times: Any) -> Joined:  # noqa: ANN401 - Arrow arrays
        """Give rows their labels, by ``request_id`` and ``instance`` or the source's entities, and their times."""
        codes, micros = self._keys.find(keys), _micros(times)
        at, is_early = codes, np.zeros(len(codes), np.bool_)
        if self._source.entities:
            at = self._next(codes, micros)
        elif self._source.time and len(self._codes):
            is_early = (at >= 0) & (self._times[at] < micros)
        has = at >= 0
        labels = self._labels.take(pa.array(at, mask=~has | is_early))
        nothing = np.zeros(1, np.bool_)  # what -1 finds
        duplicate, contradicted = (
            np.concatenate([each, nothing])[at] for each in (self._is_duplicate, self._is_contradicted)
        )
        return Joined(labels, duplicate, contradicted, is_early)

    def _next(self, codes: IntArray, micros: IntArray) -> IntArray:
        """Return the place of the first label on the entity of each row, since the row; -1 if none comes in time."""
        moments = np.unique(self._times)
        width = len(moments) + 1
        places = self._codes * width + np.searchsorted(moments, self._times)
        at = np.searchsorted(places, codes * width + np.searchsorted(moments, micros))
        codes_at, times_at = np.append(self._codes, -2)[at], np.append(self._times, 0)[at]
        longest = (self._source.horizon + self._source.revise_for) / _MICROSECOND
        is_it = (codes_at == codes) & (times_at - micros <= longest)
        return np.where(is_it, at, -1)


class _Keys:
    """Keys of one or more columns of texts as numbers, in ascending order from 0."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self._steps: list[tuple[str, Any, IntArray]] = []
        codes: IntArray = np.zeros(len(next(iter(columns.values()))), np.int64)
        for name, column in columns.items():
            encoded = column.dictionary_encode()
            both = codes * len(encoded.dictionary) + encoded.indices.to_numpy()
            pairs, codes = np.unique(both, return_inverse=True)
            self._steps.append((name, encoded.dictionary, pairs))
        self.codes = codes

    def find(self, columns: Mapping[str, Any]) -> IntArray:
        """Return the numbers of other keys; -1 where there are none."""
        codes: IntArray = np.zeros(len(columns[self._steps[0][0]]), np.int64)
        for name, values, pairs in self._steps:
            places: Any = pc.index_in(class_names(columns[name]), value_set=values)
            own = places.fill_null(-1).to_numpy().astype(np.int64)
            both = np.where((codes < 0) | (own < 0), -1, codes * len(values) + own)
            at = np.searchsorted(pairs, both)
            codes = np.where(np.append(pairs, -2)[at] == both, at, -1)
        return codes


def _micros(times: Any) -> npt.NDArray[np.int64]:  # noqa: ANN401 - an Arrow array
    micros: npt.NDArray[np.int64] = times.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
    return micros
