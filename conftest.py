"""What every test may ask for: a Spark session, a Kafka broker, other servers; which tests run, where, how strictly."""

import ast
import gc
import os
import secrets
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import settings

from tests.support.alertmanager_process import AlertmanagerProcess
from tests.support.forbidden_programs import ForbiddenPrograms
from tests.support.kafka_broker import KafkaBroker
from tests.support.prometheus_programs import program

IN_CI = os.environ.get("CI") == "true"
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
_MARKERS = {
    "alertmanager": "alertmanager",
    "chromium": "chromium",
    "kafka": "kafka",
    "mariadb": "mariadb",
    "online_tables": "mariadb",
    "own_server": "mariadb",
    "world": "slow",
}
_ON_REQUEST = ("faults", "jvm", "wheels")
_NOT_FAST = ("spark", *sorted({*_MARKERS.values()}))

BROKER_JARS = Path(__file__).parent / "build" / "kafka"

# So that what differs in an account is shown.
pytest.register_assert_rewrite("tests.faults.accounts")

# Spark reads them when it starts: its workers run this interpreter, in the driver's time zone. Of the Java
# processes that single tests start, hardly any runs long enough to pay for more than the quick compiler.
os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ.setdefault("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
os.environ["TZ"] = "UTC"
time.tzset()

# Modules, syntax trees and collected tests stay: a seventh of the suite was looking through them for garbage.
gc.set_threshold(100_000, 50, 100)

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("fast", deadline=None, max_examples=20)
settings.load_profile("ci" if IN_CI else "local")


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """Give one small Spark session for the whole run."""
    from tests.support.small_spark import small_spark  # here, because the fast tests need no Spark

    with small_spark(tmp_path_factory.mktemp("warehouse")) as session:
        yield session


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the ``host:port`` of a real one-node Kafka that lives as long as the run."""
    with KafkaBroker(BROKER_JARS, tmp_path_factory.mktemp("kafka")) as broker:
        yield broker.bootstrap


@pytest.fixture(scope="session")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a real Alertmanager that lives as long as the run and tells nobody."""
    server = program("prometheus-alertmanager", "alertmanager")
    if server is None:
        pytest.skip("there is no Alertmanager; run: make build/alertmanager/.fetched")
    with AlertmanagerProcess(server, tmp_path_factory.mktemp("alertmanager")) as process:
        yield process.url


@pytest.fixture(scope="session")
def mariadb() -> Iterator[str]:
    """Give the ``mysql://`` URL of a real MariaDB that lives as long as the run.

    It listens on port 3306, which hsfs takes for granted, of a loopback address of its own.
    """
    from scripts.mariadb_process import MariaDbProcess

    host = f"127.77.{secrets.randbelow(254) + 1}.{secrets.randbelow(254) + 1}"
    with MariaDbProcess(host, 3306) as server:
        yield server.url


@pytest.fixture
def database(mariadb: str) -> Iterator[str]:
    """Give the ``mysql://`` URL of a new and empty database, removed after the test."""
    from sqlalchemy import create_engine, make_url, text

    url = make_url(mariadb)
    name = f"test_{secrets.token_hex(6)}"
    engine = create_engine(url.set(drivername="mysql+pymysql"))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    yield url.set(database=name).render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    engine.dispose()


@pytest.fixture(autouse=True)
def _spark_in_doctests(request: pytest.FixtureRequest, doctest_namespace: dict[str, object]) -> None:
    if isinstance(request.node, pytest.DoctestItem) and _says_spark(request.node):
        doctest_namespace["spark"] = request.getfixturevalue("spark")


def _says_spark(item: pytest.DoctestItem) -> bool:
    """Tell whether a doctest speaks of ``spark``, which it finds in its namespace."""
    trees = (ast.parse(example.source) for example in item.dtest.examples)
    names = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name))
    return any(name.id == "spark" for name in names)


@pytest.fixture(autouse=True)
def _forbidden_programs(pytestconfig: pytest.Config) -> Iterator[None]:
    """Fail a fast test that starts Java or a server."""
    programs = pytestconfig.stash.get(_FORBIDDEN, None)
    if programs is None:
        yield
        return
    before = len(programs.started())
    yield
    if started := programs.started()[before:]:
        pytest.fail(f"a fast test started {started}; mark it spark, kafka, mariadb or alertmanager")


_FORBIDDEN = pytest.StashKey[ForbiddenPrograms]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add an option for each marker of what takes too long to run with every other test, and ``--fast``."""
    for marker in _ON_REQUEST:
        parser.addoption(f"--{marker}", action="store_true", help=f"run what is marked {marker}, too")
    parser.addoption("--fast", action="store_true", help="run only what needs no Spark, Java or server, and soon")


def pytest_configure(config: pytest.Config) -> None:
    """Forbid the fast tests what they must not need; of random inputs they try a few."""
    if config.getoption("--fast"):
        settings.load_profile("fast")
        config.stash[_FORBIDDEN] = ForbiddenPrograms()
        config.stash[_FORBIDDEN].forbid()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Allow again what was forbidden."""
    if (programs := config.stash.get(_FORBIDDEN, None)) is not None:
        programs.allow()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by what they ask for, leave out what was not requested, and put files with Spark first."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "spark" in fixtures or (isinstance(item, pytest.DoctestItem) and _says_spark(item)):
            item.add_marker("spark")
        for fixture, marker in _MARKERS.items():
            if fixture in fixtures:
                item.add_marker(marker)
    left = [item for item in items if _is_left_out(config, item)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]
    if hasattr(config, "workerinput"):  # of pytest-xdist: each of its workers takes the next file
        slow = {item.path for item in items if item.get_closest_marker("spark")}
        items.sort(key=lambda item: item.path not in slow)


def _is_left_out(config: pytest.Config, item: pytest.Item) -> bool:
    if config.getoption("--fast") and any(item.get_closest_marker(each) for each in _NOT_FAST):
        return True
    return any(item.get_closest_marker(each) and not config.getoption(f"--{each}") for each in _ON_REQUEST)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail, in CI, a test that was skipped: what is not run there is not known to work."""
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail, in CI, a module that was skipped whole."""
    return _refuse_skip((yield))


def _refuse_skip(report: Report) -> Report:
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report
