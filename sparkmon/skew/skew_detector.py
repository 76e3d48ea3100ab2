"""The detector of training-serving skew on Spark's workers: it looks up the entities of each batch in the store."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sparkmon.protocol import RowBlock
from sparkmon.skew.row_flags import add_row_flags, entries_of, skew_flags
from sparkmon.store import Entry, FeatureView, OnlineStore, OnlineView

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
            flags = skew_flags(online.view, blocks[at], rows, vectors)
            flagged[at] = add_row_flags(blocks[at], flags)
    return flagged
