"""The data source where the package comes as an archive, as from ``spark-submit --py-files``."""

import os
import sys
import zipfile
from pathlib import Path

import pyspark
import pytest

from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.sources.inference_log import link_py_files
from tests.support.program import run_program
from tests.support.source import ROOT
from tests.support.spools import batch

JOB = """
import sys
from pyspark.sql import SparkSession
from sparkmon.sources.inference_log import InferenceLogDataSource
assert ".zip" in sys.modules["sparkmon"].__file__
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
spark.dataSource.register(InferenceLogDataSource)
print("batch:", spark.read.format("kserve").load("spool").count())
events = spark.readStream.format("kserve").load("spool")
writer = events.writeStream.format("memory").queryName("events").trigger(availableNow=True)
writer.option("checkpointLocation", "checkpoint").start().awaitTermination(600)
print("stream:", spark.table("events").count())
"""


def archive(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as package:
        for file in (ROOT / "sparkmon").rglob("*.py"):
            package.write(file, file.relative_to(ROOT))
    return path


@pytest.mark.spark
def test_batch_and_stream_run_from_an_archive(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path / "spool") as spool:
        spool.append(batch(b"1", b"2", b"3"))
    (tmp_path / "job.py").write_text(JOB)
    submit = Path(pyspark.__path__[0]) / "bin" / "spark-submit"
    files = str(archive(tmp_path / "sparkmon.zip"))
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_HOME": str(Path(pyspark.__path__[0])),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    command = [str(submit), "--master", "local[1]", "--py-files", files, "job.py"]
    done = run_program(command, timeout_s=500, cwd=tmp_path, env=environment)
    assert done.stdout.splitlines()[-2:] == ["batch: 3", "stream: 3"], done.stderr[-3000:]


def test_nothing_is_linked_outside_the_driver_s_files(tmp_path: Path) -> None:
    for folder, links in {"lib": [], "userFiles-1": ["streaming_job"]}.items():
        (tmp_path / folder).mkdir()
        package = archive(tmp_path / folder / "sparkmon.zip")
        for _ in range(2):
            link_py_files(package / "sparkmon" / "sources" / "inference_log.py")
        names = sorted(path.name for path in (tmp_path / folder).iterdir())
        assert names == ["sparkmon.zip", *links]
    assert (tmp_path / "userFiles-1" / "streaming_job" / "sparkmon.zip").is_file()
