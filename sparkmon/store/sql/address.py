"""Where a database is: a MySQL server's URL or a SQLite file, and how each is connected to."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool, PoolProxiedConnection

from sparkmon.errors import OptionError, StoreError

_CONNECT_S = 10
_WRITE_S = 60
_PASSWORD = "SPARKMON_STORE_PASSWORD"
_EXPECTED = "mysql://USER:PASSWORD@HOST:PORT/DATABASE, with ?ssl_ca=PATH for TLS"
# Times are kept in UTC, and a value that does not fit is an error, whatever the server's own settings are.
_SESSION = "SET time_zone = '+00:00', sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')"

_NEW_CONNECTIONS: ContextVar[list[Any]] = ContextVar("connections")
"""The new connections of the running task."""


class Address:
    """A database: the URL of a MySQL or MariaDB server's, or the path of a SQLite file."""

    def __init__(self, place: str | Path) -> None:
        self.path = place if isinstance(place, Path) else None
        self.is_sqlite = self.path is not None
        self._ssl_ca: str | None = None
        if isinstance(place, Path):
            self._url = URL.create("sqlite", database=str(place))
        else:
            self._url = self._parse(place)

    def __repr__(self) -> str:
        return str(self.path) if self.path else self._url.render_as_string(hide_password=True)

    def pool(self, connections: int) -> AsyncEngine:
        """Make the engine that reads: that many connections at most, none made yet.

        Its connections are used as the driver gives them, without SQLAlchemy's transactions: each statement is one.
        """
        url = self._url.set(drivername="mysql+asyncmy")
        if self.is_sqlite:
            # mode=rw: a file that is not there is an error, not a new and empty database.
            place = f"file:{quote(str(self.path))}"
            url = URL.create("sqlite+aiosqlite", database=place, query={"mode": "rw", "uri": "true"})
        connect = import_module("aiosqlite" if self.is_sqlite else "asyncmy").connect

        async def noted(*place: object, **options: object) -> Any:  # noqa: ANN401 - the driver's
            connection = await connect(*place, **options)
            _NEW_CONNECTIONS.get().append(connection)
            return connection

        return create_async_engine(
            url,
            connect_args=self._arguments(autocommit=True) | {"async_creator_fn": noted},
            poolclass=AsyncAdaptedQueuePool,
            pool_size=connections,
            max_overflow=0,
            pool_reset_on_return=None,
            pool_timeout=_WRITE_S,
        )

    async def take(self, pool: AsyncEngine) -> PoolProxiedConnection:
        """Take a connection out of a pool.

        SQLAlchemy asks a new connection a few things, and lets go of it unclosed when it is cancelled meanwhile.
        """
        connections: list[Any] = []
        _NEW_CONNECTIONS.set(connections)
        try:
            return await pool.raw_connection()
        # Cancelled as well as failed.
        except BaseException:
            for connection in connections:
                if self.is_sqlite:
                    connection.stop()
                else:
                    connection.close()
            raise

    @contextmanager
    def writing(self, what: str) -> Iterator[Connection]:
        """Give a connection in a transaction, committed at the end; failures are StoreErrors that say ``what``."""
        with self._failing(what):
            if self.path:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._engine().begin() as connection:
                yield connection

    @contextmanager
    def reading(self, what: str) -> Iterator[Connection]:
        """Give a connection to read with; failures are StoreErrors that say ``what``."""
        self.require(what)
        with self._failing(what), self._engine().connect() as connection:
            yield connection

    def require(self, what: str) -> None:
        """Raise StoreError if the database is a file that is not there."""
        if self.path and not self.path.exists():
            raise StoreError(f"{what} failed: there is no {self}; nothing was written to it yet")

    def error(self, what: str, error: BaseException) -> StoreError:
        """Build the error that says what failed, where and why; never with values or the password."""
        reason = getattr(error, "orig", None) or error
        return StoreError(f"{what} failed at {self}: {type(reason).__name__}: {reason!s:.300}")

    @contextmanager
    def _failing(self, what: str) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError, OverflowError) as error:
            raise self.error(what, error) from error

    def _engine(self) -> Engine:
        arguments = self._arguments(autocommit=False)
        if not self.is_sqlite:
            arguments |= {"read_timeout": _WRITE_S, "write_timeout": _WRITE_S}
        engine = create_engine(
            self._url.set(drivername="sqlite" if self.is_sqlite else "mysql+pymysql"),
            connect_args=arguments,
            poolclass=NullPool,
            paramstyle="qmark" if self.is_sqlite else "format",
        )
        if self.is_sqlite:
            event.listen(engine, "connect", _write_ahead)
        return engine

    def _arguments(self, autocommit: bool) -> dict[str, Any]:
        if self.is_sqlite:
            return {"timeout": _CONNECT_S}
        arguments: dict[str, Any] = {
            "autocommit": autocommit,
            "charset": "utf8mb4",
            "connect_timeout": _CONNECT_S,
            "init_command": _SESSION,
        }
        if self._url.password is None:
            arguments["password"] = os.environ.get(_PASSWORD, "")
        if self._ssl_ca is not None:
            try:
                arguments["ssl"] = ssl.create_default_context(cafile=self._ssl_ca)
            except OSError as error:
                raise OptionError.malformed(
                    "ssl_ca", self._ssl_ca, "the path of a PEM file with the server's authority"
                ) from error
        return arguments

    def _parse(self, url: str) -> URL:
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            # Not from the error, whose text may hold the password.
            raise OptionError(f"got a store's URL that cannot be read; expected {_EXPECTED}") from None
        options = dict(parsed.query)
        ca = options.pop("ssl_ca", None)
        if options:
            raise OptionError.unknown(sorted(options)[0], ["ssl_ca"])
        self._ssl_ca = ca if isinstance(ca, str) else None
        if parsed.drivername not in {"mysql", "mariadb"} or not parsed.host or not parsed.database:
            raise OptionError.malformed("url", parsed.render_as_string(hide_password=True), _EXPECTED)
        return parsed.set(drivername="mysql", port=parsed.port or 3306, query={})


def _write_ahead(connection: Any, record: object) -> None:  # noqa: ANN401 - sqlite3's own
    """Let readers in other processes read while this one writes."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
