"""A feature view over a SQL database: one statement a group, all groups at once, within one time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeAlias, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import PoolProxiedConnection

from sparkmon.errors import StoreError, StoreTimeoutError
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import Entry, OnlineView, check_limits
from sparkmon.store.sql.address import Address
from sparkmon.store.sql.lookup import Fetch, GroupLookup, Rows

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
