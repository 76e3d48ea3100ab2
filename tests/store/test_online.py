"""A view under many readers, and a database that is slow, gone and back."""

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from scripts.mariadb_process import MariaDbProcess
from sparkmon.errors import OptionError, StoreError, StoreTimeoutError
from sparkmon.store import FeatureView, GroupInView, LocalStore, OnlineStore, SqlStore
from tests.support.online_reads import view_of

G = GroupInView("g", {"id": "id"}, {"v": "v"})
H = GroupInView("h", {"id": "id"}, {"w": "w"})
VIEW = view_of(G, H)


def fill(store: OnlineStore) -> None:
    """Write the rows 0 to 999 of both groups."""
    store.write_rows("g", ["id"], [{"id": i, "v": i} for i in range(1000)])
    store.write_rows("h", ["id"], [{"id": i, "w": -i} for i in range(1000)])


@pytest.fixture(scope="module")
def own_server() -> Iterator[MariaDbProcess]:
    """Give a MariaDB that a test may stop, beside the one that others read."""
    with MariaDbProcess() as server:
        fill(SqlStore(server.url))
        yield server


def held_by(url: str) -> int:
    """Count the connections that a database's server holds for it, but this one."""
    engine = create_engine(make_url(url).set(drivername="mysql+pymysql"))
    query = "SELECT COUNT(*) - 1 FROM information_schema.processlist WHERE db = DATABASE()"
    with engine.connect() as connection:
        count = int(connection.execute(text(query)).scalar_one())
    engine.dispose()
    return count


async def settles(url: str, count: int) -> bool:
    """Wait until at most so many connections are held; the server learns of a closed one a little later."""
    deadline = time.monotonic() + 60
    while held_by(url) > count:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


def test_many_readers_share_few_connections(store: OnlineStore, request: pytest.FixtureRequest) -> None:
    fill(store)

    async def read() -> None:
        async with store.open_view(VIEW, timeout_s=30, connections=3) as view:

            async def reader(number: int) -> None:
                for turn in range(10):
                    ids = [(number * 31 + turn * 7 + step) % 1100 for step in range(5)]
                    made = await view.read([{"id": each} for each in ids])
                    assert made.values == [[each, -each] if each < 1000 else [None, None] for each in ids]

            await asyncio.gather(*(reader(number) for number in range(50)))
            if isinstance(store, SqlStore):
                assert held_by(request.getfixturevalue("database")) == 3

    asyncio.run(read())


def test_a_view_that_is_closed_says_so(store: OnlineStore) -> None:
    fill(store)

    async def read() -> None:
        view = store.open_view(VIEW)
        await view.ping()
        await view.close()
        await view.close()
        with pytest.raises(StoreError, match="is closed"):
            await view.read([{"id": 1}])

    asyncio.run(read())


def test_passed_features_of_another_length_are_refused(store: OnlineStore) -> None:
    fill(store)

    async def read() -> None:
        async with store.open_view(VIEW) as view:
            assert (await view.read([])).values == []
            with pytest.raises(OptionError, match="passed_features"):
                await view.read([{"id": 1}], passed_features=[])

    asyncio.run(read())


def test_options_out_of_range_are_refused(store: OnlineStore) -> None:
    with pytest.raises(OptionError, match="timeout_s"):
        store.open_view(VIEW, timeout_s=0)
    with pytest.raises(OptionError, match="connections"):
        store.open_view(VIEW, connections=0)


def test_reads_that_are_cancelled_leave_no_connection_behind(database: str) -> None:
    store = SqlStore(database)
    fill(store)

    async def read() -> None:
        async with store.open_view(VIEW, timeout_s=30, connections=2) as view:
            for turn in range(60):
                task = asyncio.create_task(view.read([{"id": turn}]))
                await asyncio.sleep(0.0001 * (turn % 10))
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            made = await asyncio.gather(*(view.read([{"id": each}]) for each in range(20)))
            assert [each.values for each in made] == [[[each, -each]] for each in range(20)]
            assert await settles(database, 2)
        assert await settles(database, 0)

    asyncio.run(read())


def test_a_slow_lookup_times_out_and_the_next_is_right(database: str) -> None:
    store = SqlStore(database)
    fill(store)
    engine = create_engine(make_url(database).set(drivername="mysql+pymysql"))

    async def read() -> None:
        async with store.open_view(VIEW, timeout_s=0.4, connections=2) as view:
            await view.read([{"id": 1}])
            with engine.connect() as connection:
                connection.execute(text("LOCK TABLES g WRITE"))
                begun = time.monotonic()
                with pytest.raises(StoreTimeoutError, match=r"no answer from mysql://.* within 0.4 s"):
                    await view.read([{"id": 2}])
                assert time.monotonic() - begun < 15  # it would hang for good
                connection.execute(text("UNLOCK TABLES"))
            assert (await view.read([{"id": 3}])).values == [[3, -3]]

    asyncio.run(read())
    engine.dispose()


def test_a_server_that_restarts_between_reads_is_not_noticed(own_server: MariaDbProcess) -> None:
    async def read() -> None:
        async with SqlStore(own_server.url).open_view(VIEW, timeout_s=20, connections=4) as view:
            await asyncio.gather(*(view.read([{"id": each}]) for each in range(20)))
            os.kill(own_server.pid, signal.SIGKILL)
            own_server.start()
            made = await asyncio.gather(*(view.read([{"id": each}]) for each in range(20)))
            assert [each.values for each in made] == [[[each, -each]] for each in range(20)]

    asyncio.run(read())


def test_a_server_that_is_gone_is_an_error_at_once_until_it_is_back(own_server: MariaDbProcess) -> None:
    async def read() -> None:
        async with SqlStore(own_server.url).open_view(VIEW, timeout_s=20) as view:
            await view.read([{"id": 1}])
            own_server.stop()
            for ask in (view.ping, lambda: view.read([{"id": 1}])):
                begun = time.monotonic()
                with pytest.raises(StoreError) as caught:
                    await ask()
                assert time.monotonic() - begun < 10  # half the time-out: it does not wait for it
                assert not isinstance(caught.value, StoreTimeoutError)
                assert str(make_url(own_server.url).password) not in str(caught.value)
            own_server.start()
            assert (await view.read([{"id": 1}])).values == [[1, -1]]
            await view.ping()

    asyncio.run(read())


def test_a_server_that_hangs_is_a_time_out_until_it_goes_on(own_server: MariaDbProcess) -> None:
    async def read() -> None:
        async with SqlStore(own_server.url).open_view(VIEW, timeout_s=0.5, connections=2) as view:
            await view.read([{"id": 1}])
            os.kill(own_server.pid, signal.SIGSTOP)
            try:
                for _ in range(3):
                    begun = time.monotonic()
                    with pytest.raises(StoreTimeoutError):
                        await view.read([{"id": 1}])
                    assert time.monotonic() - begun < 15  # it would hang for good
                with pytest.raises(StoreTimeoutError):
                    await view.ping()
            finally:
                os.kill(own_server.pid, signal.SIGCONT)
            assert (await view.read([{"id": 1}])).values == [[1, -1]]

    asyncio.run(read())


def test_a_table_that_changes_under_a_view_is_seen(database: str) -> None:
    store = SqlStore(database)
    fill(store)
    engine = create_engine(make_url(database).set(drivername="mysql+pymysql"))

    async def read() -> None:
        async with store.open_view(FeatureView("g", 1, ("v",), (G,)), timeout_s=20) as view:
            await view.read([{"id": 1}])
            with engine.begin() as connection:
                connection.execute(text("ALTER TABLE g DROP COLUMN v"))
            for _ in range(2):
                with pytest.raises(StoreError, match="'v'"):
                    await view.read([{"id": 1}])
            with engine.begin() as connection:
                connection.execute(text("ALTER TABLE g ADD COLUMN v DATE DEFAULT '2026-11-23'"))
            (((value,),)) = (await view.read([{"id": 1}])).values
            assert str(value) == "2026-11-23"

    asyncio.run(read())
    engine.dispose()


def test_a_writer_does_not_keep_sqlites_readers_waiting(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    fill(store)

    async def read() -> None:
        async with store.open_view(VIEW, timeout_s=2) as view:
            writer = sqlite3.connect(tmp_path / "online.sqlite", isolation_level=None)
            writer.execute("BEGIN EXCLUSIVE")
            writer.execute("UPDATE g SET v = 0")
            assert (await view.read([{"id": 5}])).values == [[5, -5]]
            writer.execute("COMMIT")
            writer.close()
            assert (await view.read([{"id": 5}])).values == [[0, -5]]

    asyncio.run(read())
