"""A reference made of Hopsworks' histogram and percentiles goes through Spark as one of sparkmon's own does."""

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from sparkmon.comparison import Checks
from sparkmon.dataframes import compare
from sparkmon.functions import over_profiles
from sparkmon.profiles import profile_table
from sparkmon.store.hopsworks import HopsworksStore
from tests.support.hopsworks_double import HopsworksDouble

TRAINING = np.random.default_rng(5).exponential(size=5000)
CHECKS = Checks(("ks", "psi", "wasserstein", "wasserstein_normed"))


@pytest.fixture
def references(spark: SparkSession, store: HopsworksStore, hopsworks: HopsworksDouble) -> DataFrame:
    """Give two columns: one with percentiles, one with a histogram alone."""
    counts, edges = np.histogram(TRAINING, 20)
    histogram = [
        {"value": f"{low:.2f} to {high:.2f}", "count": int(count)}
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    said = {
        "featureType": "Fractional",
        "count": 5000,
        "numNonNullValues": 5000,
        "numNullValues": 0,
        "min": float(TRAINING.min()),
        "max": float(TRAINING.max()),
    }
    amount = {"percentiles": np.percentile(TRAINING, range(1, 100)).tolist()}
    hopsworks.statistics["fraud_fv", 1, 1] = {
        "featureDescriptiveStatistics": [
            said | amount | {"featureName": "amount_mean_1h"},
            said | {"featureName": "cust_age", "extendedStatistics": {"histogram": histogram}},
        ]
    }
    return spark.createDataFrame(store.read_references())


def live(spark: SparkSession, shift: float) -> DataFrame:
    """Profile 5,000 rows of the same law, moved by so many standard deviations."""
    rows = np.random.default_rng(6).exponential(size=5000) + shift
    table = spark.createDataFrame([(float(row), float(row)) for row in rows], "amount_mean_1h double, cust_age double")
    columns = dict.fromkeys(table.columns, "numeric")
    return profile_table(table, columns, model="fraud_fv")  # type: ignore[arg-type]


@pytest.mark.parametrize(("shift", "status"), [(0.0, "ok"), (1.0, "drift")])
def test_findings_and_sql_functions_take_it(
    spark: SparkSession, references: DataFrame, shift: float, status: str
) -> None:
    profiles = live(spark, shift).cache()
    findings = compare(profiles, references, CHECKS).collect()
    assert {(each.column_name, each.statistic) for each in findings} == {
        (column, statistic) for column in ("amount_mean_1h", "cust_age") for statistic in CHECKS.statistics
    }
    assert {each.status for each in findings} == {status}
    sides = references.selectExpr("column_name", "profile AS reference").join(
        profiles.select("column_name", "profile"), "column_name"
    )
    values = sides.select(over_profiles("ks")("reference", "profile").alias("ks")).collect()
    assert all((each.ks > 0.1) is (status == "drift") for each in values)
    profiles.unpersist()
