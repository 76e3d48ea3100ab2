"""The detector of training-serving skew on Spark's workers: it looks up the entities of each batch in the store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.errors import OptionError
from sparkmon.protocol import DECODED
from sparkmon.skew.row_flags import add_row_flags, entries_of, skew_flags
from sparkmon.store import FeatureView, OnlineStore, OnlineView

__all__ = ["SkewDetector"]

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

    Raises
    ------
    OptionError
        A view has no feature group with a ``time`` column: without it a skewed value looks like one that was
        updated since.

    Notes
    -----
    The sooner rows are looked up, the more of them can be compared: the store has the latest values only.

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
            if not any(group.time for group in view.groups):
                raise OptionError(
                    f"the feature view {view.name!r} of the model {model!r} has no group with a `time` column; "
                    "name the column with the time at which a row was computed, or remove the view"
                )
        self._store, self._views = store, dict(views)

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Add flags to batches of the schema ``sparkmon.protocol.DECODED``; the store stays open until the last one."""
        loop = asyncio.new_event_loop()
        views = {
            model: self._store.open_view(view, timeout_s=_TIMEOUT_S)
            for model, view in self._views.items()
        }
        try:
            for batch in batches:
                yield loop.run_until_complete(_with_flags(batch, views))
        finally:
            for online in views.values():
                loop.run_until_complete(online.close())
            loop.close()


async def _with_flags(batch: pa.RecordBatch, views: Mapping[str, OnlineView]) -> pa.RecordBatch:
    row_flags = batch.column("row_flags")
    for model, online in views.items():
        is_request = pc.and_(
            pc.equal(batch.column("model"), pa.scalar(model)),
            pc.and_(
                pc.equal(batch.column("event_type"), pa.scalar("request")),
                pc.is_valid(batch.column("entities")),
            ),
        )
        at = np.flatnonzero(is_request.to_numpy(zero_copy_only=False))
        if not len(at):
            continue
        index: Any = pa.array(at)
        rows = batch.take(index)
        entries, places = entries_of(online.view, rows.column("entities"))
        vectors = await online.read(entries)
        row_flags = add_row_flags(row_flags, at, skew_flags(online.view, rows, places, vectors))
    place = DECODED.get_field_index("row_flags")
    return batch.set_column(place, DECODED.field(place), row_flags)
