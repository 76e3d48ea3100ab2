"""Functions that the JVM computes: the numbers of the pandas UDFs, and Spark's errors."""

import os
import re

import pyarrow as pa
import pytest
from pyspark.errors import AnalysisException, SparkRuntimeException
from pyspark.sql import SparkSession

from sparkmon.distributions import Distribution
from sparkmon.distributions.schema import PROFILE
from sparkmon.functions import compare_profiles
from sparkmon.session import register
from sparkmon.statistics import STATISTICS
from tests.support.profile_pairs import random_pairs

pytestmark = pytest.mark.jvm
NAMES = sorted(STATISTICS)
OF_SKETCHES = [name for name in NAMES if "numeric" in STATISTICS.get(name).kinds and STATISTICS.get(name).of_rows]
PAIRS = int(os.environ.get("SPARKMON_JVM_PAIRS", "300"))
"""How many random pairs; 10,000 take some minutes."""


@pytest.fixture(scope="module")
def described(spark: SparkSession) -> dict[str, str]:
    """Give what Spark says of each function, after ``register``, which leaves them as they are."""
    register(spark)
    asked = {name: spark.sql(f"DESCRIBE FUNCTION EXTENDED sparkmon_{name}").collect() for name in NAMES}
    return {name: "\n".join(row[0] for row in rows) for name, rows in asked.items()}


def test_what_the_session_has_natively_stays_so(spark: SparkSession, described: dict[str, str]) -> None:
    for name in NAMES:
        assert "Class: org.apache.spark.sql.sparkmon.Compare" in described[name]
    assert "Class: org.apache.spark" not in spark.sql("DESCRIBE FUNCTION sparkmon_ks_rows").collect()[0][0]
    assert spark.catalog.functionExists("sparkmon_ks_rows")


def test_every_statistic_gives_the_numbers_of_python(spark: SparkSession) -> None:
    pairs = [*random_pairs(7, PAIRS), (None, None)]
    pairs += [(pairs[0][0], None), (None, pairs[0][1])]
    sides = [pa.array([pair[side] for pair in pairs], PROFILE) for side in (0, 1)]
    table = pa.table({"at": range(len(pairs)), "reference": sides[0], "profile": sides[1]})
    asked = [f"sparkmon_{name}(reference, profile) AS {name}" for name in NAMES]
    found = spark.createDataFrame(table).selectExpr("at", *asked).orderBy("at").toArrow()
    for name in NAMES:
        expected = [compare_profiles(STATISTICS.get(name), *pair) for pair in pairs]
        values = [float("nan") if value is None else value for value in found[name].to_pylist()]
        assert values == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True), name


def test_examples_run_and_two_sketches_say_as_much_as_samples(spark: SparkSession, described: dict[str, str]) -> None:
    samples = Distribution.from_sample([1, 2, 3, 4]), Distribution.from_sample([3, 4, 5, 6])
    for name in OF_SKETCHES:
        (example,) = re.findall(r"> (SELECT .+);", described[name])
        ((value,),) = spark.sql(example).collect()
        assert value == pytest.approx(STATISTICS.get(name).function(*samples), rel=1e-12)


@pytest.mark.parametrize(
    ("call", "condition"),
    [
        ("sparkmon_ks(X'00')", "WRONG_NUM_ARGS.WITHOUT_SUGGESTION"),
        ("sparkmon_ks(1, 2)", "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"),
        ("sparkmon_ks(X'00', named_struct('count', 1L))", "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"),
        ("sparkmon_null_rate(X'00', X'00')", "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"),
        ("sparkmon_ks(X'00', X'00')", "KLL_INVALID_INPUT_SKETCH_BUFFER"),
        ("sparkmon_ks(X'534D515400', X'00')", "USER_RAISED_EXCEPTION"),
    ],
)
def test_what_is_wrong_is_said_as_spark_says_it(spark: SparkSession, call: str, condition: str) -> None:
    with pytest.raises((AnalysisException, SparkRuntimeException)) as caught:
        spark.sql(f"SELECT {call}").collect()
    assert caught.value.getCondition() == condition


def test_null_gives_null(spark: SparkSession) -> None:
    assert spark.sql("SELECT sparkmon_psi(NULL, X'00'), sparkmon_psi(X'00', NULL)").head() == (None, None)
