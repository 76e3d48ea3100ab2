"""A feature view in memory, whose failures a test decides."""

from collections.abc import Mapping, Sequence

from sparkmon.errors import StoreError
from sparkmon.store.feature_view import FeatureView, GroupInView
from sparkmon.store.online import Entry, FeatureValue, OnlineView, Vectors

__all__ = ["CARDS", "MemoryView"]

CARDS = FeatureView(
    "fraud",
    1,
    ("mean_amount", "amount", "country"),
    (
        GroupInView(
            "cards_1",
            {"card_id": "card_id"},
            {"mean_amount": "mean_amount", "country": "country"},
            time="computed_time",
            max_age_s=3600.0,
        ),
    ),
)
"""One group by card; ``amount`` comes with the request."""


class MemoryView(OnlineView):
    """Rows by group and key. ``failure`` is raised by every read and ping while it is set."""

    def __init__(
        self, view: FeatureView, rows: Mapping[str, Mapping[tuple[FeatureValue, ...], Mapping[str, FeatureValue]]]
    ) -> None:
        self.view = view
        self.failure: StoreError | None = None
        self.reads = 0
        self.closed = False
        self._rows = rows

    async def _find(self, entries: Sequence[Entry]) -> dict[str, list[Entry | None]]:
        return {
            group.name: [
                self._rows[group.name].get(tuple(entry.get(name) for name in group.keys.values())) for entry in entries
            ]
            for group in self.view.groups
        }

    async def read(
        self, entries: Sequence[Entry], passed_features: Sequence[Entry] | None = None, parameters: Entry | None = None
    ) -> Vectors:
        """See :meth:`OnlineView.read`."""
        self.reads += 1
        if self.failure is not None:
            raise self.failure
        return await super().read(entries, passed_features, parameters)

    async def ping(self) -> None:
        """See :meth:`OnlineView.ping`."""
        if self.failure is not None:
            raise self.failure

    async def close(self) -> None:
        """See :meth:`OnlineView.close`."""
        self.closed = True
