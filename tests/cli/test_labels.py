"""``sparkmon labels``: from held-out rows and a log to what labels say, by the commands alone."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sklearn.metrics as sk
from pyspark.sql import SparkSession
from typer.testing import CliRunner, Result

from sparkmon.cli.app import app
from sparkmon.logs import SpoolWriter
from sparkmon.protocol import events_to_batch
from sparkmon.tables import Tables
from tests.labels.tables_of_a_model import answers
from tests.support.traffic import clock, v1_event

MONITOR = """
source: {format: kserve, path: spool}
store: {path: store}
tables: ./tables
alerting: {sinks: []}
labels: {loans: {table: ./labels, label: repaid, instance: place, horizon: 1 hour}}
"""


def call(*words: str) -> Result:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, (result.exception, result.output)
    return result


def test_a_model_that_got_worse_is_found_from_the_commands_alone(spark: SparkSession, tmp_path: Path) -> None:
    x, score, repaid = answers(5_000, seed=1)
    held_out = pa.table({"x": pa.array(x), "score": pa.array(score), "repaid": pa.array(repaid)})
    pq.write_table(held_out, tmp_path / "heldout.parquet")
    pq.write_table(held_out.drop_columns(["repaid"]), tmp_path / "train.parquet")
    options = ["--store", str(tmp_path / "store"), "--prediction", "score", "--label", "repaid", "--slice", "x > 0"]
    validation = ["--validation", str(tmp_path / "heldout.parquet")]
    call("profile", str(tmp_path / "train.parquet"), "--as", "loans", *options, *validation)

    (tmp_path / "monitor.yaml").write_text(MONITOR)
    events, ids, places, labels = [], [], [], []
    for hour in range(2):
        x, score, repaid = answers(600, seed=2 + hour, noise=0.3 * hour)
        for at in range(0, 600, 10):
            own, some = f"{hour}-{at}", slice(at, at + 10)
            minutes = 60 * hour + at / 11
            rows = [{"x": each} for each in x[some].tolist()]
            events += [v1_event("loans", minutes, rows, event_id=own)]
            events += [v1_event("loans", minutes, score[some].tolist(), half="response", event_id=own)]
            ids += [own] * 10
            places += [*range(10)]
        labels += repaid.tolist()
    with SpoolWriter(tmp_path / "spool") as spool:
        spool.append(events_to_batch([*events, clock(200, "loans")]))
    monitor = str(tmp_path / "monitor.yaml")
    call("run", monitor, "--flush")

    (first, second) = json.loads(f"[{','.join(call('labels', monitor, '--json').stdout.splitlines())}]")
    assert (first["basis"], second["basis"]) == ("cbpe", "cbpe")
    assert second["value"] == pytest.approx(first["value"], abs=0.03)  # it cannot see a concept that changes
    table = pa.table({"request_id": ids, "place": places, "repaid": labels})
    Tables(f"{tmp_path}/").open().append(table, "labels")
    first, second = json.loads(f"[{','.join(call('labels', monitor, '--json').stdout.splitlines())}]")
    assert (first["verdict"], second["verdict"], second["coverage"]) == ("model fine", "model worse", 1)
    assert second["value"] == pytest.approx(sk.accuracy_score(repaid, score >= 0.5), abs=1e-4)
    alerts = Tables(f"{tmp_path}/tables").open().read("alerts", ["column_name", "message"])
    assert alerts is not None
    messages = map(str, alerts["message"].to_pylist())
    (sentence,) = [each for each in messages if each.startswith("accuracy_score of the model loans")]
    assert f"a model that got worse: accuracy_score {second['value']:.3g}" in sentence
    assert {*alerts["column_name"].to_pylist()} >= {"accuracy_score", "estimate of accuracy_score"}
    assert "no window has new labels" in call("labels", monitor).output


def test_a_file_without_labels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "monitor.yaml").write_text(MONITOR.rpartition("labels:")[0])
    result = CliRunner().invoke(app, ["labels", str(tmp_path / "monitor.yaml")])
    assert "which has no key labels" in str(result.exception)
