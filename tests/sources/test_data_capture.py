"""SageMaker's data capture: lines as AWS documents them, in files at the places where SageMaker puts them."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from sparkmon.config import read_config
from sparkmon.errors import OptionError
from sparkmon.sources import data_capture_events, dead_letters, rows
from tests.support.streams import drained


def half(data: str, encoding: str, content_type: str, mode: str) -> dict[str, str]:
    return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}


def line(call: str, request: Any, response: Any, **about: str) -> str:  # noqa: ANN401
    captured = {"endpointInput": request, "endpointOutput": response}
    captured = {name: half for name, half in captured.items() if half is not None}
    about = {"eventId": call, "inferenceTime": "2026-01-05T08:25:49Z", **about}
    return json.dumps({"captureData": captured, "eventMetadata": about, "eventVersion": "0"})


def csv(data: str, mode: str) -> dict[str, str]:
    return half(data, "CSV", "text/csv; charset=utf-8" if mode == "OUTPUT" else "text/csv", mode)


def test_lines_give_rows_and_what_is_broken_is_set_aside(spark: SparkSession, tmp_path: Path) -> None:
    named = json.dumps({"instances": [{"a": 3, "b": "y"}]})
    encoded = base64.b64encode(b"1.5,,007\n2,x,8\n").decode()
    lines = [
        line("c1", csv("69,0,153.7\n", "INPUT"), csv("0.0254181120544672", "OUTPUT"), inferenceId="label-1"),
        line("c2", half(encoded, "BASE64", "text/csv", "INPUT"), csv("0.25\n0.75\n", "OUTPUT")),
        line("c3", half(named, "JSON", "application/json", "INPUT"), None),
        line("c4", half("a*b", "BASE64", "text/csv", "INPUT"), csv('"', "OUTPUT")),
        line("c5", None, None),
        line("", csv("1", "INPUT"), None),
        "{",
        "",
    ]
    folder = tmp_path / "capture" / "churn" / "Blue" / "2026" / "01" / "05" / "08"
    folder.mkdir(parents=True)
    (folder / "25-49-000-aaaa.jsonl").write_text("\n".join(lines))
    (folder / "notes.txt").write_text("not of data capture")
    (tmp_path / "monitor.yaml").write_text(
        "source: {format: data-capture, path: ./capture}\nstore: {path: s}\ntables: ./tables\n"
    )
    source = read_config(tmp_path / "monitor.yaml").source
    decoded = rows(drained(source.events(spark), tmp_path), delay="1 minute").cache()
    letters = dead_letters(decoded).select("event_id", "condition").collect()
    assert sorted(each.condition for each in letters if len(each.event_id) == 64) == [
        *("BODY_NOT_JSON", "EVENT_FIELD_MISSING", "EVENT_FIELD_MISSING"),
    ]
    assert sorted(tuple(each) for each in letters if each.event_id == "c4") == [
        ("c4", "BODY_NOT_CSV"),
        ("c4", "DATA_BASE64_BROKEN"),
    ]
    read = decoded.where("kind != 'dead_letter'").selectExpr(
        "event_id", "instance", "model", "endpoint", "request_id",
        "transform_values(features, (k, v) -> coalesce(v.text, string(v.number)))",
        "predictions.prediction.number", "date_format(event_time, 'HH:mm:ss')",
    )  # fmt: skip
    names = ("feature_0", "feature_1", "feature_2")
    place = ("churn", "Blue")
    expected = [
        ("c1", 0, *place, "label-1", dict(zip(names, ("69.0", "0.0", "153.7"), strict=True)), None, "08:25:49"),
        ("c1", 0, *place, "label-1", None, 0.0254181120544672, "08:25:49"),
        ("c2", 0, *place, "c2", dict(zip(names, ("1.5", None, "007"), strict=True)), None, "08:25:49"),
        ("c2", 0, *place, "c2", None, 0.25, "08:25:49"),
        ("c2", 1, *place, "c2", dict(zip(names, ("2.0", "x", "8.0"), strict=True)), None, "08:25:49"),
        ("c2", 1, *place, "c2", None, 0.75, "08:25:49"),
        ("c3", 0, *place, "c3", {"a": "3.0", "b": "y"}, None, "08:25:49"),
    ]
    read_rows = [*map(tuple, read.collect())]
    assert len(read_rows) == len(expected)
    assert all(row in read_rows for row in expected)
    decoded.unpersist()


def test_files_that_are_no_text_are_refused(spark: SparkSession) -> None:
    with pytest.raises(OptionError, match="got a table of id; expected the files of data capture as text"):
        data_capture_events(spark.range(1))
