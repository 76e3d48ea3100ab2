"""A feature view over a SQL database: one statement a group, all groups at once, within one time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeAlias, TypeVar

from sqlalchemy.engine import Dialect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import PoolProxiedConnection

from sparkmon.errors import StoreError, StoreTimeoutError
from sparkmon.store.feature_view import FeatureView, GroupInView
from sparkmon.store.online import Entry, FeatureValue, OnlineView, check_limits
from sparkmon.store.sql.address import Address
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
        return await fetch(self._statements[size], [bound(value, as_text) for key in keys for value in key])

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


_Answer = TypeVar("_Answer")
_Driver: TypeAlias = Any  # a connection as the driver makes it


class SqlOnlineView(OnlineView):
    """See :class:`OnlineView`; at most ``connections``, each made when needed.

    Broken connections are noticed by using them: one that was made earlier and proves broken is replaced, with all
    others of its time, and the statement is sent once more. A connection whose statement was cancelled is closed.
    """

    def __init__(self, view: FeatureView, address: Address, timeout_s: float, connections: int) -> None:
        check_limits(timeout_s, connections)
        self.view = view
        self._address = address
        self._timeout_s = timeout_s
        self._pool: AsyncEngine | None = address.pool(connections)
        self._dialect = self._pool.dialect
        self._errors = (SQLAlchemyError, OSError, self._dialect.loaded_dbapi.Error)
        self._lookups = [GroupLookup(group, self._dialect) for group in view.groups]
        self._fetch = _fetch_from_sqlite if address.is_sqlite else _fetch_from_mysql
        self._broken_s = 0.0

    def __repr__(self) -> str:
        return f"SqlOnlineView({self.view.name!r}, {self.view.version}, {self._address!r})"

    async def ping(self) -> None:
        """See :meth:`OnlineView.ping`."""
        await self._in_time(self._ask("a ping", lambda fetch: fetch("SELECT 1", [])))

    async def close(self) -> None:
        """See :meth:`OnlineView.close`."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.dispose()

    async def _find(self, entries: Sequence[Entry]) -> dict[str, list[Entry | None]]:
        if not self._lookups:
            return {}
        rows = await self._in_time(self._find_all(entries))
        return {each.group.name: own for each, own in zip(self._lookups, rows, strict=True)}

    async def _find_all(self, entries: Sequence[Entry]) -> list[list[Entry | None]]:
        if len(self._lookups) == 1:
            return [await self._find_in(self._lookups[0], entries)]
        tasks = [asyncio.ensure_future(self._find_in(each, entries)) for each in self._lookups]
        await asyncio.gather(*tasks, return_exceptions=True)
        return [task.result() for task in tasks]

    async def _find_in(self, lookup: GroupLookup, entries: Sequence[Entry]) -> list[Entry | None]:
        try:
            return await self._ask(f"reading {lookup.group.name!r}", lambda fetch: lookup.find(fetch, entries))
        except StoreError:
            lookup.forget()
            raise

    async def _in_time(self, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        try:
            return await asyncio.wait_for(work, self._timeout_s)
        except asyncio.TimeoutError:
            raise StoreTimeoutError(
                f"no answer from {self._address} within {self._timeout_s:g} s; see whether it is up "
                "and not overloaded, or allow more time"
            ) from None

    async def _ask(self, what: str, question: Callable[[Fetch], Awaitable[_Answer]]) -> _Answer:
        """Ask on a pooled connection; once more on a new one if that proves to have broken since it was made."""
        self._address.require(what)
        try:
            try:
                return await self._ask_once(question)
            except self._errors as error:
                if not self._is_broken(error):
                    raise
            return await self._ask_once(question)
        except self._errors as error:
            raise self._address.error(what, error) from error

    async def _ask_once(self, question: Callable[[Fetch], Awaitable[_Answer]]) -> _Answer:
        pooled = await self._connection()
        give_back = pooled.close
        try:
            return await question(partial(self._fetch, pooled.driver_connection))
        except BaseException as error:
            # Cancelled, or broken: the answer on the wire would reach the next statement, so the connection is closed.
            # A SQLite connection stays, because its thread ends the statement by itself.
            if not self._address.is_sqlite and (self._is_broken(error) or isinstance(error, asyncio.CancelledError)):
                give_back = pooled.invalidate
            raise
        finally:
            give_back()

    async def _connection(self) -> PoolProxiedConnection:
        """Take a connection that was made after one was last found broken."""
        while self._pool is not None:
            pooled = await self._address.take(self._pool)
            if pooled.info.setdefault("made_s", time.monotonic()) > self._broken_s:
                return pooled
            pooled.invalidate()
        raise StoreError(f"{self!r} is closed; open the feature view again")

    def _is_broken(self, error: BaseException) -> bool:
        broken = self._dialect.is_disconnect(error, None, None)  # type: ignore[arg-type]
        if broken:
            self._broken_s = time.monotonic()
        return broken


async def _fetch_from_mysql(driver: _Driver, statement: str, values: Sequence[Any]) -> Rows:
    async with driver.cursor() as cursor:
        await cursor.execute(statement, tuple(values))
        rows: Rows = await cursor.fetchall()
    return rows


async def _fetch_from_sqlite(driver: _Driver, statement: str, values: Sequence[Any]) -> Rows:
    rows: Rows = await driver.execute_fetchall(statement, values)
    return rows
