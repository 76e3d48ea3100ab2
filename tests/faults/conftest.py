"""What the faults share: the references, and the table that tells how each fault ended."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from sparkmon.profiles import reference_of
from sparkmon.session import register
from sparkmon.store import LocalStore
from tests.faults.desk import Desk
from tests.faults.report import Report
from tests.faults.traffic import WATCHED, Traffic


@pytest.fixture(scope="session")
def references(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store with the references of two of the three models."""
    register(spark)
    path = tmp_path_factory.mktemp("references")
    table = pa.Table.from_pylist(Traffic(0).rows(3000))
    scores = np.random.default_rng(0).random(3000)
    table = table.append_column("score", pa.array(scores))
    frame = spark.createDataFrame(table)
    made = [reference_of(frame, model, predictions=["score"]).toArrow() for model in WATCHED]
    LocalStore(path).write_reference(pa.concat_tables(made))
    return path


@pytest.fixture
def desk(spark: SparkSession, references: Path, tmp_path: Path) -> Desk:
    """Give a set of tables, and monitors that write to it."""
    return Desk(spark, references, tmp_path)


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config) -> Iterator[Report]:
    """Give the table that is printed when all faults have been tried."""
    made = Report()
    yield made
    reporter = pytestconfig.pluginmanager.getplugin("terminalreporter")
    if made.rows and reporter is not None:
        reporter.write_line(f"\n\n{made}\n")
