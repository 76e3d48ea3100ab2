"""``sparkmon send``: a table arrives at a real receiver as the calls that KServe would have logged."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from sparkmon.cli.app import app
from sparkmon.errors import OptionError, SparkmonError
from tests.support.decoding import decode_batch
from tests.support.receiver import Receiver
from tests.support.spools import log

pytestmark = pytest.mark.slow

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
ROWS = 250
TABLE = pa.table(
    {
        "temp": [None if row == 7 else row / 4 for row in range(ROWS)],
        "origin": [f"A{row % 3}" for row in range(ROWS)],
        "late": [row / ROWS for row in range(ROWS)],
        "time": pa.array([NOON + timedelta(seconds=row) for row in range(ROWS)], pa.timestamp("us")),
    }
)


def send(*words: object) -> Result:
    return CliRunner().invoke(app, ["send", *map(str, words)])


def test_each_row_is_a_request_and_a_response_of_its_time(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "rows.parquet")
    with Receiver(tmp_path / "spool") as receiver:
        place = f"http://127.0.0.1:{receiver.port}/"
        result = send(tmp_path / "rows.parquet", "--as", "m", "--to", place, "--prediction", "late", "--time", "time")
    assert result.exit_code == 0, result.exception
    assert f"sent {ROWS} calls of m to {place}" in result.stderr
    spool = log(tmp_path / "spool")
    batches = [part for each in spool.parts(spool.first(), spool.last(), 1 << 30) for part in spool.read(each)]
    events = pa.Table.from_batches(batches).to_pylist()
    requests = [each for each in events if each["event_type"] == "request"]
    answers = {each["event_id"]: orjson.loads(each["payload"]) for each in events if each["event_type"] == "response"}
    expected = TABLE.drop_columns(["late", "time"]).to_pylist()
    assert [orjson.loads(each["payload"])["instances"] for each in requests] == [[row] for row in expected]
    assert [each["event_time"] for each in requests] == [NOON + timedelta(seconds=row) for row in range(ROWS)]
    assert [answers[each["event_id"]]["predictions"] for each in requests] == [
        [late] for late in TABLE["late"].to_pylist()
    ]
    assert {(each["model"], each["component"]) for each in events} == {("m", "predictor")}
    kinds = {row["kind"] for each in batches for row in decode_batch(each).to_pylist()}
    assert kinds == {"v1_request", "v1_response"}


def test_a_csv_is_sent_too(tmp_path: Path) -> None:
    pa_csv.write_csv(TABLE.select(["temp", "origin"]), tmp_path / "rows.csv")
    with Receiver(tmp_path / "spool") as receiver:
        place = f"http://127.0.0.1:{receiver.port}/"
        assert send(tmp_path / "rows.csv", "--as", "m", "--to", place, "--rate", 10_000).exit_code == 0
        assert receiver.metric('sparkmon_receiver_events_total{type="request"}') == ROWS


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    file = tmp_path / "rows.parquet"
    pq.write_table(TABLE, file)
    for words, error, sentence in (
        ((tmp_path / "none.parquet",), OptionError, "cannot read"),
        ((file, "--prediction", "tip"), OptionError, "no column 'tip'; it has temp, origin, late, time"),
        ((file, "--time", "temp"), OptionError, "has the type double; expected timestamps"),
        ((file, "--to", "http://127.0.0.1:1/"), SparkmonError, "start one: sparkmon receive spool"),
        ((file, "--to", "nowhere"), OptionError, "expected http://HOST:PORT/"),
    ):
        result = send(*words, "--as", "m")
        assert isinstance(result.exception, error)
        assert sentence in str(result.exception)


def test_a_token_is_read_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(TABLE, tmp_path / "rows.parquet")
    (tmp_path / "token").write_text("0123456789abcdef\n")
    monkeypatch.setenv("RECEIVER_TOKEN", "0123456789abcdef")
    with Receiver(tmp_path / "spool", token_file=str(tmp_path / "token")) as receiver:
        words = (tmp_path / "rows.parquet", "--as", "m", "--to", f"http://127.0.0.1:{receiver.port}/")
        assert "answered 401" in str(send(*words).exception)
        assert send(*words, "--token-env", "RECEIVER_TOKEN").exit_code == 0
