"""The online side of a feature store: entity ids in, feature vectors out, and the groups without a row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from sparkmon.store.feature_view import FeatureView

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


class OnlineView(ABC):
    """A feature view opened for reading: holds connections, belongs to one event loop, and is closed after use.

    Safe for any number of concurrent readers in its loop. Opening it needs no server; the first read does.
    """

    view: FeatureView

    @abstractmethod
    async def read(
        self,
        entries: Sequence[Entry],
        passed_features: Sequence[Entry] | None = None,
        parameters: Entry | None = None,
    ) -> Vectors:
        """Read the vectors of some entries: one query per group, all groups at once.

        ``entries`` have the entity ids of each instance; other names are ignored. ``passed_features`` are the features
        that the request itself gives, of each instance (OptionError if they are not as many); they go before the
        store's. ``parameters`` are features for all instances, and go before these.

        Raises
        ------
        StoreTimeoutError
            The store did not answer in time.
        StoreError
            The store cannot be reached, or has no such table or column.
        """

    @abstractmethod
    async def ping(self) -> None:
        """Return once the store has answered; raise StoreError or StoreTimeoutError if it does not."""

    @abstractmethod
    async def close(self) -> None:
        """Give the connections back; more than once does no harm."""

    async def __aenter__(self) -> OnlineView:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
