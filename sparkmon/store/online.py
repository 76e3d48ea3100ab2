"""The online side of a feature store: entity ids in, feature vectors out, and the groups without a row."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, TypeAlias

from sparkmon.errors import OptionError, StoreError
from sparkmon.interval import EPOCH
from sparkmon.store.feature_view import FeatureView

_MILLISECONDS_FROM = 10**11  # as seconds, the year 5138

FeatureValue: TypeAlias = (
    float | int | bool | str | bytes | datetime | date | Decimal | list[Any] | dict[str, Any] | None
)
"""One value of an online row; lists and dicts are what Avro columns hold."""

Entry: TypeAlias = Mapping[str, FeatureValue]
"""What a request has of one instance, by name: entity ids, or features it passes along."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of some entries, and which groups had no row.

    ``features`` names the columns. ``values`` has one row per entry, in the order of the entries; a missing value is
    None. ``missing`` maps each group's name to the indexes of the entries whose key has no row in it (an entity id that
    is absent or None has none); groups that miss nothing are omitted. ``times`` maps the name of each group with a
    ``time`` column to the time of each entry's row (timezone-aware UTC; None without a row).
    """

    features: tuple[str, ...]
    values: list[list[FeatureValue]]
    missing: Mapping[str, Sequence[int]]
    times: Mapping[str, Sequence[datetime | None]]


class OnlineView(AbstractAsyncContextManager["OnlineView"]):
    """A feature view opened for reading: holds connections, belongs to one event loop, and is closed after use.

    Safe for any number of concurrent readers in its loop. Opening it needs no server; the first read does.
    """

    view: FeatureView

    async def read(
        self, entries: Sequence[Entry], passed_features: Sequence[Entry] | None = None, parameters: Entry | None = None
    ) -> Vectors:
        """Read the vectors of some entries: one query per group, all groups at once.

        ``entries`` have the entity ids of each instance; other names are ignored. ``passed_features`` are the features
        that the request itself gives, of each instance (OptionError if they are not as many); they go before the
        store's. ``parameters`` are features for all instances, and go before these. StoreTimeoutError if the store did
        not answer in time, StoreError if it cannot be reached, or has no such table or column.
        """
        rows = await self._find(entries) if entries else {each.name: [] for each in self.view.groups}
        return assemble_vector(self.view, rows, entries, passed_features, parameters)

    @abstractmethod
    async def _find(self, entries: Sequence[Entry]) -> Mapping[str, Sequence[Entry | None]]:
        """Return by group the row of each entry, one or more; None where its key has none."""

    @abstractmethod
    async def ping(self) -> None:
        """Return once the store has answered; raise StoreError or StoreTimeoutError if it does not."""

    @abstractmethod
    async def close(self) -> None:
        """Give the connections back; more than once does no harm."""

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def check_limits(timeout_s: float, connections: int) -> None:
    """Refuse limits of :meth:`OnlineStore.open_view` that let nothing be read."""
    if not timeout_s > 0 or connections < 1:
        raise OptionError.malformed("timeout_s, connections", (timeout_s, connections), "both above 0")


def assemble_vector(
    view: FeatureView,
    rows: Mapping[str, Sequence[Entry | None]],
    entries: Sequence[Entry],
    passed_features: Sequence[Entry] | None = None,
    parameters: Entry | None = None,
) -> Vectors:
    """Put the features of each entry in the view's order: ``parameters`` before ``passed_features`` before the store's.

    ``rows`` has of each group the row of each entry, None where its key has none; the others are those of
    :meth:`OnlineView.read`. A feature that is passed as None stays None. A group's time may be a datetime (naive means
    UTC), a date (its midnight), or a count of seconds or milliseconds since 1970 (milliseconds from 100 billion on).
    """
    count = len(entries)
    if passed_features is not None and len(passed_features) != count:
        raise OptionError.malformed(
            "passed_features", f"{len(passed_features)} entries", f"one for each of the {count} entries"
        )
    places = {name: place for place, name in enumerate(view.features)}
    values = _from_store(view, rows, count)
    for index, vector in enumerate(values):
        for overrides in (passed_features[index] if passed_features else {}, parameters or {}):
            for name in overrides.keys() & places.keys():
                vector[places[name]] = overrides[name]
    missing: dict[str, list[int]] = {}
    times: dict[str, list[datetime | None]] = {}
    for group in view.groups:
        of_group = rows[group.name]
        if None in of_group:
            missing[group.name] = [index for index, row in enumerate(of_group) if row is None]
        if group.time is not None:
            times[group.name] = [_utc(group.name, (row or {}).get(group.time)) for row in of_group]
    return Vectors(view.features, values, missing, times)


def _from_store(view: FeatureView, rows: Mapping[str, Sequence[Entry | None]], count: int) -> list[list[FeatureValue]]:
    """Return the vectors of the rows of the groups; None where a feature is in none."""
    places = {name: place for place, name in enumerate(view.features)}
    values: list[list[FeatureValue]] = [[None] * len(places) for _ in range(count)]
    for group in view.groups:
        columns = [(column, places[name]) for column, name in group.features.items() if name in places]
        for vector, row in zip(values, rows[group.name], strict=True):
            if row is not None:
                for column, place in columns:
                    vector[place] = row[column]
    return values


def _utc(group: str, value: FeatureValue) -> datetime | None:
    try:
        match value:
            case None:
                return None
            case datetime(tzinfo=None):
                return value.replace(tzinfo=timezone.utc)
            case datetime():
                return value.astimezone(timezone.utc)
            case date():
                return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
            case int():
                seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
                return EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        pass
    raise StoreError(
        f"got {value!r:.100} as the time of a row of {group!r}; name a column of timestamps, dates or "
        "seconds since 1970 as the group's time"
    )


class OnlineStore(ABC):
    """Online rows by key, and feature views: which rows make the vector of a model.

    A read-only store implements :meth:`read_view` and :meth:`open_view` alone, and sets :attr:`write_elsewhere`.
    """

    write_elsewhere = "write rows and views to the system that it reads"
    """What to do instead of writing, if the store is read-only."""

    def write_rows(
        self, group: str, key: Sequence[str], rows: Sequence[Entry], *, avro: Mapping[str, str] | None = None
    ) -> None:
        """Write online rows into a feature group, all or none, and replace those with the same key.

        ``group`` is the online table, ``key`` its primary key; the first write creates it with the columns and types of
        these rows. A column that a row lacks is NULL. ``avro`` has the Avro schema, as JSON text, of each column whose
        values are lists or dicts.

        A row that lacks a key column, has a column that the group lacks or a value of another type is an OptionError, a
        store that cannot be written, or is read-only, a StoreError.
        """
        raise StoreError(f"{self!r} is read-only; {self.write_elsewhere}")

    def write_view(self, view: FeatureView) -> None:
        """Store a feature view in place of that of the same name and version; StoreError if that fails."""
        raise StoreError(f"{self!r} is read-only; {self.write_elsewhere}")

    @abstractmethod
    def read_view(self, name: str, version: int = 1) -> FeatureView:
        """Return a feature view; StoreError, which lists the store's views, if it has no such view."""

    @abstractmethod
    def open_view(self, view: FeatureView, *, timeout_s: float = 1.0, connections: int = 8) -> OnlineView:
        """Open a feature view, as :meth:`read_view` returns it, for reading vectors; the first read needs the server.

        One read may take ``timeout_s`` seconds, including the wait for one of the ``connections``, on which as many
        lookups run at once.
        """
