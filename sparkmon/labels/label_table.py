"""The labels of a model by their keys, and what each row of the model gets of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from sparkmon.labels.label_source import LabelSource
from sparkmon.performance import class_names

_BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Joined:
    """What each of some rows got."""

    labels: pa.Array[Any]
    """As texts; null where there is none."""
    is_duplicate: _BoolArray
    """Whether its label came more than once."""
    is_contradicted: _BoolArray
    """Whether it came with different values. The last one counts, and none where labels have no times."""
    is_early: _BoolArray
    """Whether its label was known before the prediction, which the clocks or the key are wrong for: it does not
    count."""


class LabelTable:
    """Labels as they were read, to be joined to rows.

    >>> labels = pa.table({"request_id": ["a", "a", "b"], "late": [1, 0, 1]})
    >>> joined = LabelTable(labels, "late", LabelSource("./labels")).join(pd.DataFrame({"request_id": ["b", "a", "c"]}))
    >>> joined.labels.to_pylist(), joined.is_contradicted.tolist()
    (['1', None, None], [False, True, False])
    """

    def __init__(self, labels: pa.Table, label: str, source: LabelSource) -> None:
        self._source = source
        columns: dict[str, Any] = {"label": class_names(labels[label]).to_pandas()}
        if source.time:
            columns["label_time"] = labels[source.time].cast(pa.timestamp("us", tz="UTC")).to_pandas()
        keys = dict(source.entities) if source.entities else {"request_id": source.request_id}
        columns |= {f"key_{name}": class_names(labels[column]).to_pandas() for name, column in keys.items()}
        if source.instance and not source.entities:
            columns["key_instance"] = labels[source.instance].cast(pa.int64()).to_pandas()
        self._keys = [name for name in columns if name.startswith("key_")]
        frame = pd.DataFrame(columns).dropna()
        self._frame = self._each_once(frame)

    def _each_once(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Keep the last label of each key, or of each key and time where labels are of entities."""
        by = [*self._keys, *(["label_time"] if self._source.entities else [])]
        if self._source.time:
            frame = frame.sort_values("label_time", kind="stable")
        groups = frame.groupby(by, sort=False)["label"]
        once = frame.assign(is_duplicate=groups.transform("size") > 1, is_contradicted=groups.transform("nunique") > 1)
        once = once.drop_duplicates(by, keep="last")
        is_unknown = once["is_contradicted"] & (not self._source.time or bool(self._source.entities))
        return once.assign(label=once["label"].mask(is_unknown))

    def join(self, rows: pd.DataFrame) -> Joined:
        """Give rows their labels.

        ``rows`` have ``request_id``, and ``instance`` where the source does, or the columns of the source's entities;
        and ``event_time`` where labels have a time.
        """
        rows = rows.rename(columns={name.removeprefix("key_"): name for name in self._keys})
        if not self._source.entities:
            columns = rows.merge(self._frame, on=self._keys, how="left")
            is_early = np.zeros(len(rows), np.bool_)
            if self._source.time:
                is_early = (columns["label_time"] < columns["event_time"]).to_numpy()
            return _joined(columns, is_early)
        order = np.argsort(rows["event_time"].to_numpy(), kind="stable")
        columns = pd.merge_asof(
            rows.iloc[order],
            self._frame,
            left_on="event_time",
            right_on="label_time",
            by=self._keys,
            direction="forward",
            tolerance=pd.Timedelta(self._source.horizon + self._source.revise_for),
        )
        columns.index = pd.Index(order)
        return _joined(columns.sort_index(), np.zeros(len(rows), np.bool_))


def _joined(columns: pd.DataFrame, is_early: _BoolArray) -> Joined:
    def mask(name: str) -> _BoolArray:
        return np.asarray(columns[name].eq(True))

    labels: Any = pa.array(columns["label"].mask(is_early), pa.string(), from_pandas=True)
    return Joined(labels, mask("is_duplicate"), mask("is_contradicted"), is_early)
