"""Batches of decoded rows marked on Spark's workers: each batch asks the store for the entities it saw."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.errors import OptionError
from sparkmon.protocol import DECODED
from sparkmon.skew.marks import add_marks, entries_of, marks_of
from sparkmon.store import FeatureStore, FeatureView, OnlineView

__all__ = ["SkewMarker"]

_TIMEOUT_S = 30.0


class SkewMarker:
    """Marks the features of decoded requests that are not what the store holds for the same entity.

    Give it to :func:`sparkmon.rows`, or name the views to :class:`sparkmon.Monitor`. It adds ``<feature>.skew`` to the
    ``enrichment`` of requests that came through sparkmon's transformer (``entities`` says whom they are about): 1
    where the logged value differs (numbers by more than a millionth), 0 where it does not, null where the two cannot be
    compared, because the store's row is gone or younger than the request.

    Parameters
    ----------
    store : FeatureStore
        Asked from Spark's workers, once per batch and feature group.
    views : mapping
        Model to the feature view that serves it.

    Raises
    ------
    OptionError
        A view has no feature group with a ``time`` column: without it nobody can tell a skewed value from one that was
        updated since.

    Notes
    -----
    The sooner rows are looked at, the more of them can be compared: the store holds the latest values alone.

    Examples
    --------
    >>> import tempfile
    >>> from sparkmon.store import GroupInView, LocalStore
    >>> cards = GroupInView("cards_1", {"card": "card"}, {"limit": "limit"}, time="updated")
    >>> marker = SkewMarker(
    ...     LocalStore(tempfile.mkdtemp()), {"fraud": FeatureView("fraud", 1, ("limit",), (cards,))}
    ... )
    """

    def __init__(self, store: FeatureStore, views: Mapping[str, FeatureView]) -> None:
        for model, view in views.items():
            if not any(group.time for group in view.groups):
                raise OptionError(
                    f"the feature view {view.name!r} of the model {model!r} has no group with a `time` column; "
                    "name the column that tells when a row was computed, or leave the view out"
                )
        self._store, self._views = store, dict(views)

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Mark batches of the schema ``sparkmon.protocol.DECODED``; the store is opened for as long as they come."""
        loop = asyncio.new_event_loop()
        opened = {
            model: self._store.open_view(view, timeout_s=_TIMEOUT_S)
            for model, view in self._views.items()
        }
        try:
            for batch in batches:
                yield loop.run_until_complete(_marked(batch, opened))
        finally:
            for online in opened.values():
                loop.run_until_complete(online.close())
            loop.close()


async def _marked(batch: pa.RecordBatch, opened: Mapping[str, OnlineView]) -> pa.RecordBatch:
    enrichment = batch.column("enrichment")
    for model, online in opened.items():
        asked = pc.and_(
            pc.equal(batch.column("model"), pa.scalar(model)),
            pc.and_(
                pc.equal(batch.column("event_type"), pa.scalar("request")),
                pc.is_valid(batch.column("entities")),
            ),
        )
        at = np.flatnonzero(asked.to_numpy(zero_copy_only=False))
        if not len(at):
            continue
        index: Any = pa.array(at)
        rows = batch.take(index)
        entries, places = entries_of(online.view, rows.column("entities"))
        vectors = await online.read(entries)
        enrichment = add_marks(enrichment, at, marks_of(online.view, rows, places, vectors))
    place = DECODED.get_field_index("enrichment")
    return batch.set_column(place, DECODED.field(place), enrichment)
