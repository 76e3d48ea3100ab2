"""The rival's numbers are right, and sparkmon's are the same within the error of its sketches."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import sparkmon
from bench.tables import write_tables
from bench.traffic import COLUMNS
from bench.with_scipy import drift_by_scipy


def test_both_sides_of_the_benchmark_compute_the_same(spark: SparkSession, tmp_path: Path) -> None:
    reference, current = write_tables(tmp_path, 20_000)
    exact = dict(zip(COLUMNS, drift_by_scipy(reference, current), strict=True))
    made = sparkmon.reference_of(spark.read.parquet(str(reference)), "bench")
    table = spark.read.parquet(str(current))
    profiles = sparkmon.profile_table(table, sparkmon.column_kinds(table), model="bench")
    checks = sparkmon.Checks(("ks", "psi", "wasserstein"))
    findings = sparkmon.compare(profiles, made, checks).collect()
    assert len(findings) == 3 * len(COLUMNS)
    for finding in findings:
        ks, psi, wasserstein = exact[finding["column_name"]]
        expected = {"ks": ks, "psi": psi, "wasserstein": wasserstein}[finding["statistic"]]
        # The sketches are random, and their stated error is that of 99 of 100 cases.
        near = 3 * finding["sketch_error"]
        assert finding["value"] == pytest.approx(expected, abs=near)
        assert near < (0.02 if finding["statistic"] == "ks" else 0.1)
