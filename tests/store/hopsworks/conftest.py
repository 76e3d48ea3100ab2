"""A Hopsworks for the tests: its REST double over TLS, its online tables in a real MariaDB."""

import os
from collections.abc import Iterator

import pytest

from scripts.mariadb_process import MariaDbProcess
from sparkmon.store.hopsworks import HopsworksStore
from tests.support.hopsworks_double import API_KEY, HopsworksDouble
from tests.support.hopsworks_metadata import PROJECT
from tests.support.hopsworks_rows import PASSWORD, seed


@pytest.fixture(scope="session")
def online_tables() -> Iterator[MariaDbProcess]:
    """Give a MariaDB with the project's tables, at port 3306, the only one that the client dials."""
    high, low = divmod(os.getpid() % 62_500, 250)
    with MariaDbProcess(f"127.77.{high + 1}.{low + 1}", 3306) as server:
        seed(server.url)
        yield server


@pytest.fixture(scope="session")
def hopsworks(tmp_path_factory: pytest.TempPathFactory, online_tables: MariaDbProcess) -> Iterator[HopsworksDouble]:
    """Give the running double."""
    folder = tmp_path_factory.mktemp("hopsworks")
    with HopsworksDouble(folder, online_tables.host, PASSWORD) as double:
        yield double


@pytest.fixture
def store(hopsworks: HopsworksDouble) -> Iterator[HopsworksStore]:
    """Give a store with the feature view ``fraud_fv``, logged out at the end."""
    made = HopsworksStore(
        PROJECT,
        "127.0.0.1",
        hopsworks.port,
        api_key=API_KEY,
        trust_store=str(hopsworks.certificate),
        views=[("fraud_fv", 1)],
    )
    yield made
    made.close()
    hopsworks.statistics.clear()
