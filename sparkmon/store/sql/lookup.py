"""One feature group of a view: ids to one statement, its rows to the row of each id."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from sqlalchemy.engine import Dialect

from sparkmon.errors import StoreError
from sparkmon.store.feature_view import GroupInView
from sparkmon.store.online import Entry, FeatureValue
from sparkmon.store.sql.avro import AvroColumn
from sparkmon.store.sql.columns import Kind, bound, kind_of
from sparkmon.store.sql.statements import columns_statement, select_statement

_MAX_KEYS = 512  # of one statement; more keys take more statements

Rows: TypeAlias = Sequence[Sequence[Any]]
Fetch: TypeAlias = Callable[[str, Sequence[Any]], Awaitable[Rows]]
"""Run one statement with its values, and give the rows."""


class GroupLookup:
    """The lookups of one group's table, compiled once."""

    def __init__(self, group: GroupInView, dialect: Dialect) -> None:
        self.group = group
        self._dialect = dialect
        time = [] if group.time is None else [group.time]
        self._columns = list(dict.fromkeys([*group.keys, *group.features, *time]))
        self._avro = {column: AvroColumn(group.name, column, schema) for column, schema in group.avro.items()}
        self._statements: dict[int, str] = {}
        self._kinds: list[Kind] = []
        self._readers: list[tuple[str, Callable[[Any], FeatureValue] | None]] = []

    async def find(self, fetch: Fetch, entries: Sequence[Entry]) -> list[Entry | None]:
        """Return the row of each entry, in order; None where the group has none for its ids.

        Each id is brought to the type of its key column, and the key of each row that comes back is compared with
        the requested one, so that no conversion and no collation of the database decides what is equal.
        """
        if not self._readers:
            await self._learn(fetch)
        names = list(self.group.keys.values())
        ids = [self._key([entry.get(name) for name in names]) for entry in entries]
        keys = list(dict.fromkeys(key for key in ids if key is not None))
        rows: dict[tuple[FeatureValue, ...], Entry | None] = dict.fromkeys(keys)
        for start in range(0, len(keys), _MAX_KEYS):
            for row in await self._rows(fetch, keys[start : start + _MAX_KEYS]):
                key = self._key(row[: len(names)])
                if key in rows:
                    rows[key] = {
                        name: value if read is None or value is None else read(value)
                        for (name, read), value in zip(self._readers, row, strict=True)
                    }
        return [None if key is None else rows[key] for key in ids]

    def forget(self) -> None:
        """Ask for the table's columns anew at the next use, because they may have changed."""
        self._readers = []

    async def _rows(self, fetch: Fetch, keys: list[tuple[FeatureValue, ...]]) -> Rows:
        # Filled up to a power of two with the last key, so that a handful of statements serves all sizes.
        size = 1 << (len(keys) - 1).bit_length()
        keys = keys + keys[-1:] * (size - len(keys))
        if size not in self._statements:
            self._statements[size] = select_statement(
                self._dialect, self.group.name, self._columns, list(self.group.keys), size
            )
        as_text = self._dialect.name == "sqlite"
        values = [bound(value, as_text) for key in keys for value in key]
        return await fetch(self._statements[size], values)

    def _key(self, values: Sequence[Any]) -> tuple[FeatureValue, ...] | None:
        key = tuple([kind.as_id(value) for kind, value in zip(self._kinds, values, strict=True)])
        return None if None in key else key

    async def _learn(self, fetch: Fetch) -> None:
        group = self.group
        columns = await fetch(*columns_statement(self._dialect, group.name))
        kinds = {str(column[0]): kind_of(str(column[1])) for column in columns}
        lacking = [name for name in self._columns if name not in kinds]
        if lacking:
            has = f"its columns are {', '.join(kinds)}" if kinds else "there is no such table"
            raise StoreError(f"got no column {lacking[0]!r} in the feature group {group.name!r}; {has}")
        unfit = [name for name in group.keys if kinds[name].identify is None]
        if unfit:
            raise StoreError(
                f"the key {unfit[0]!r} of the feature group {group.name!r} holds {kinds[unfit[0]].words}; "
                "expected integers, text, bytes, dates or timestamps"
            )
        readers: dict[str, Callable[[Any], FeatureValue] | None]
        readers = {name: kind.read for name, kind in kinds.items()}
        readers |= dict.fromkeys(group.booleans, bool)
        readers |= {name: column.decode for name, column in self._avro.items()}
        self._kinds = [kinds[name] for name in group.keys]
        self._readers = [(name, readers[name]) for name in self._columns]
