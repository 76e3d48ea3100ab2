"""A feature view in memory, whose failures a test decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

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
        self,
        view: FeatureView,
        rows: Mapping[str, Mapping[tuple[FeatureValue, ...], Mapping[str, FeatureValue]]],
    ) -> None:
        self.view = view
        self.failure: StoreError | None = None
        self.reads = 0
        self.closed = False
        self._rows = rows

    async def read(
        self,
        entries: Sequence[Entry],
        passed_features: Sequence[Entry] | None = None,
        parameters: Entry | None = None,
    ) -> Vectors:
        """See :meth:`OnlineView.read`."""
        self.reads += 1
        if self.failure is not None:
            raise self.failure
        found: list[dict[str, FeatureValue]] = [{} for _ in entries]
        missing: dict[str, list[int]] = {}
        times: dict[str, list[datetime | None]] = {}
        for group in self.view.groups:
            for index, entry in enumerate(entries):
                key = tuple(entry.get(name) for name in group.keys.values())
                row = self._rows[group.name].get(key)
                if row is None:
                    missing.setdefault(group.name, []).append(index)
                    row = {}
                found[index] |= {name: row.get(each) for each, name in group.features.items()}
                if group.time is not None:
                    time = row.get(group.time)
                    assert time is None or isinstance(time, datetime)
                    times.setdefault(group.name, []).append(time)
        for index, row in enumerate(found):
            row.update(passed_features[index] if passed_features else {})
            row.update(parameters or {})
        values = [[row.get(name) for name in self.view.features] for row in found]
        return Vectors(self.view.features, values, missing, times)

    async def ping(self) -> None:
        """See :meth:`OnlineView.ping`."""
        if self.failure is not None:
            raise self.failure

    async def close(self) -> None:
        """See :meth:`OnlineView.close`."""
        self.closed = True
