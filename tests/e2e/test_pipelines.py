"""examples/pipelines by spark-pipelines, which starts a server of Spark Connect for it."""

import os
import shutil
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pyspark
import pytest

from tests.support.payments import expected
from tests.support.program import run_program
from tests.support.source import ROOT


@pytest.mark.spark
def test_a_pipeline_keeps_tables_of_the_drift_of_a_log(tmp_path: Path) -> None:
    for name in ("pipelines", "sql"):
        shutil.copytree(ROOT / "examples" / name, tmp_path / name)
    folder = tmp_path / "pipelines"
    project = folder / "spark-pipeline.yml"
    project.write_text(project.read_text().replace("file:///tmp/payments", f"file://{tmp_path}/storage"))
    spark = Path(pyspark.__file__).parent
    environment = {"SPARK_HOME": str(spark), "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    command = [
        str(spark / "bin" / "spark-pipelines"),
        "run",
        "--remote",
        "local[2]",
        "--conf",
        "spark.ui.enabled=false",
    ]
    done = run_program(command, timeout_s=500, cwd=folder, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr[-3000:]
    tables = folder / "spark-warehouse"
    rows = pq.read_table(tables / "drift_metrics").to_pylist()
    found = {(f"{row['window_start']:%H}", row["column_name"]): row for row in rows}
    assert found.keys() == expected().keys()
    for key, numbers in expected().items():
        assert found[key]["count"] == numbers["current_count"]
        for name in ("psi", "wasserstein", "ks"):
            assert found[key][name] == pytest.approx(numbers[name], rel=1e-9), (key, name)
    (drifted,) = pq.read_table(tables / "drifted").to_pylist()
    assert (drifted["column_name"], f"{drifted['since']:%H}") == ("amount", "12")
