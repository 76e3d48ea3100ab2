"""The detector of training-serving skew on Spark's workers: logged features compared with the store's values."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any, SupportsFloat, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.protocol import Cells, RowBlock, join_columns, level_of, levels_of, times_of
from sparkmon.store import Entry, FeatureValue, FeatureView, OnlineStore, OnlineView, Vectors

_TOLERANCE = 1e-6
"""Numbers that differ relatively by less are equal: V2 tensors of FP32 keep seven digits."""

_SCALARS = (str, int, float, Decimal)

Numbers: TypeAlias = npt.NDArray[np.float64]
Places: TypeAlias = npt.NDArray[np.int64]


def entries_of(view: FeatureView, entities: Cells) -> tuple[list[Entry], Places]:
    """Return each combination of entity ids once, with None for an id that is not in a row, and its index per row.

    >>> from sparkmon.store import GroupInView
    >>> view = FeatureView("v", 1, ("x",), (GroupInView("g", {"id": "id"}, {"x": "x"}),))
    >>> entries_of(view, Cells(("id",), np.array([[7.0], [8.0], [7.0]])))
    ([{'id': 7}, {'id': 8}], array([0, 1, 0]))
    """
    columns = []
    for name in view.entity_ids:
        numbers, texts = _column(entities, name)
        cells = zip(numbers.tolist(), texts.to_pylist(), strict=True)
        columns.append([_whole(number) if text is None else text for number, text in cells])
    index: dict[tuple[float | int | str | None, ...], int] = {}
    places = [index.setdefault(ids, len(index)) for ids in zip(*columns, strict=True)]
    entries: list[Entry] = [dict(zip(view.entity_ids, ids, strict=True)) for ids in index]
    return entries, np.array(places, np.int64)


def skew_flags(view: FeatureView, block: RowBlock, places: Places, vectors: Vectors) -> dict[str, Numbers]:
    """Compare the logged features of requests with the store's values now, at each row's place in ``vectors``.

    ``<feature>.skew`` is 1 if the logged value differs, 0 if not, NaN if the two cannot be compared because the store
    has no row, its row is younger than the request, or the feature was not logged. Groups without a ``time`` column are
    skipped: their rows may have changed since. A code 3 may be logged as 3.0 or as a text, a truth value as 1, a time
    as a text or as seconds, milliseconds or microseconds.
    """
    features = block.features or Cells((), np.empty((len(block), 0)))
    flags: dict[str, Numbers] = {}
    for group in view.groups:
        if group.time is None:
            continue
        times = vectors.times[group.name]
        computed = np.array([math.nan if time is None else time.timestamp() * 1e6 for time in times])
        unchanged = computed[places] <= block.event_time  # False for NaN: no row
        for feature in group.features.values():
            if feature not in view.features:
                continue
            column = vectors.features.index(feature)
            stored = [row[column] for row in vectors.values]
            differs = _differs(*_column(features, feature), stored, places)
            logged = _is_logged(features, feature)
            flags[f"{feature}.skew"] = np.where(unchanged & logged, differs.astype(float), np.nan)
    return flags


def add_row_flags(block: RowBlock, flags: Mapping[str, Numbers]) -> RowBlock:
    """Add flags to the row flags of a block; a NaN becomes null: the row was looked up and could not be compared.

    >>> rows = np.zeros(2, np.int64)
    >>> block = RowBlock("fraud", "", "request", rows, rows, rows.astype(np.int32))
    >>> added = add_row_flags(block, {"x.skew": np.array([1.0, np.nan])}).row_flags
    >>> added.names, added.has_number.tolist()
    (('x.skew',), [[True], [False]])
    """
    numbers = np.column_stack([*flags.values()])
    added = Cells(tuple(flags), numbers, ~np.isnan(numbers))
    parts = [added] if block.row_flags is None else [block.row_flags, added]
    return replace(block, row_flags=join_columns(parts))


def _column(cells: Cells, name: str) -> tuple[Numbers, pa.Array[Any]]:
    """Return the numbers and texts of one name, NaN and null where there are none."""
    nothing = pa.nulls(len(cells), pa.string())
    if name not in cells.names:
        return np.full(len(cells), np.nan), nothing
    column = cells.names.index(name)
    return np.ascontiguousarray(cells.numbers[:, column]), cells.texts.get(column, nothing)


def _is_logged(cells: Cells, name: str) -> npt.NDArray[np.bool_]:
    """Return for each row whether it has the name, even with a null value."""
    if name not in cells.names:
        return np.zeros(len(cells), np.bool_)
    return cells.is_present()[:, cells.names.index(name)]


def _whole(number: float) -> float | int | None:
    if math.isnan(number):
        return None
    return int(number) if number.is_integer() else number


def _differs(
    numbers: Numbers, texts: pa.Array[Any], stored: Sequence[FeatureValue], places: Places
) -> npt.NDArray[np.bool_]:
    """Compare logged numbers and texts with stored values, both in the form of :mod:`sparkmon.protocol.canonical`."""
    values = [value for value in stored if value is not None]
    is_truth = all(value in (0, 1) for value in values)
    if any(isinstance(value, date) for value in values):
        numbers, _, texts = times_of(numbers, ~np.isnan(numbers), texts)
    elif values and not any(isinstance(value, str) for value in values):
        texts = levels_of(texts, "boolean" if is_truth else "code")[2]
    levels: Any = pa.array([level_of(value) if isinstance(value, _SCALARS) else None for value in stored])
    of_store = levels_of(levels.cast(pa.string()), "boolean" if is_truth else "categorical")[2]
    level = of_store.to_numpy(zero_copy_only=False)[places]
    number = np.array([_number_of(value) for value in stored])[places]
    is_none = np.array([value is None for value in stored])[places]
    near = np.abs(numbers - number) <= _TOLERANCE * np.maximum(np.abs(numbers), np.abs(number))
    is_same = near | (numbers == number) | (np.isnan(numbers) & is_none)
    text = texts.to_numpy(zero_copy_only=False)
    differs: npt.NDArray[np.bool_] = np.where(pc.is_valid(texts), text != level, ~is_same)
    return differs


def _number_of(value: FeatureValue) -> float:
    """Return a stored value as the number that is logged for it: that of a time in seconds; NaN if it is none."""
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime(*value.timetuple()[:3])
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    return float(value) if isinstance(value, SupportsFloat) else math.nan


_LOGGER = logging.getLogger(__name__)
_TIMEOUT_S = 30.0


class SkewDetector:
    """Flags the features of decoded requests that differ from the store's values of the same entity.

    Pass it to :func:`sparkmon.rows`, or name the views to :class:`sparkmon.Monitor`. It adds ``<feature>.skew`` to the
    ``row_flags`` of requests that came through sparkmon's transformer, which have ``entities``: 1 if the logged value
    differs (numbers by more than a millionth), 0 if it does not, null if the two cannot be compared because the store's
    row is gone or younger than the request.

    Parameters
    ----------
    store : OnlineStore
        Read from Spark's workers, once per batch and feature group.
    views : mapping
        Model name to the feature view that serves it.

    Notes
    -----
    The sooner rows are looked up, the more of them can be compared: the store has the latest values only. Features of
    groups without a ``time`` column are not compared, because a skewed value looks like one that was updated since; a
    view that has no other is logged as a warning.

    Examples
    --------
    >>> import tempfile
    >>> from sparkmon.store import GroupInView, LocalStore
    >>> cards = GroupInView("cards_1", {"card": "card"}, {"limit": "limit"}, time="updated")
    >>> detector = SkewDetector(
    ...     LocalStore(tempfile.mkdtemp()), {"fraud": FeatureView("fraud", 1, ("limit",), (cards,))}
    ... )
    """

    def __init__(self, store: OnlineStore, views: Mapping[str, FeatureView]) -> None:
        for model, view in views.items():
            if not _is_comparable(view):
                _LOGGER.warning(
                    "the feature view %r of the model %r has no group with a `time` column: there is no skew_rate; "
                    "name the column with the time at which a row was computed",
                    view.name,
                    model,
                )
        self._store, self._views = store, dict(views)

    @property
    def models(self) -> tuple[str, ...]:
        """The models whose views it has."""
        return tuple(self._views)

    @property
    def groups(self) -> dict[str, dict[str, str]]:
        """The feature group of each feature, by model."""
        return {
            model: {feature: group.name for group in view.groups for feature in group.features.values()}
            for model, view in self._views.items()
        }

    @contextmanager
    def open(self) -> Iterator[Callable[[Sequence[RowBlock]], list[RowBlock]]]:
        """Open the store: in the context, the function that is returned adds flags to blocks.

        >>> import tempfile
        >>> from sparkmon.store import LocalStore
        >>> with SkewDetector(LocalStore(tempfile.mkdtemp()), {}).open() as detect:
        ...     detect([])
        []
        """
        loop = asyncio.new_event_loop()
        views = {
            model: self._store.open_view(view, timeout_s=_TIMEOUT_S)
            for model, view in self._views.items()
            if _is_comparable(view)
        }
        try:
            yield lambda blocks: loop.run_until_complete(_with_flags(blocks, views))
        finally:
            for online in views.values():
                loop.run_until_complete(online.close())
            loop.close()


def _is_comparable(view: FeatureView) -> bool:
    return any(group.time for group in view.groups)


async def _with_flags(blocks: Sequence[RowBlock], views: Mapping[str, OnlineView]) -> list[RowBlock]:
    flagged = list(blocks)
    for model, online in views.items():
        entries: list[Entry] = []
        places: dict[int, Any] = {}
        for at, block in enumerate(blocks):
            is_request = block.model == model and block.event_type == "request"
            if is_request and block.entities is not None:
                own, rows = entries_of(online.view, block.entities)
                places[at] = len(entries) + rows
                entries += own
        if not entries:
            continue
        vectors = await online.read(entries)  # once for all blocks of the model
        for at, rows in places.items():
            flagged[at] = add_row_flags(blocks[at], skew_flags(online.view, blocks[at], rows, vectors))
    return flagged
