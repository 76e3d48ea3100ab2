"""The JSON Schema of ``monitor.yaml``: it takes what the reader takes, and refuses what an editor can know is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from sparkmon.config import json_schema
from tests.config.test_read_config import LEAST
from tests.support.source import ROOT

VALIDATOR = Draft202012Validator(json_schema())


def mistakes(text: str) -> list[str]:
    """Return the places of the mistakes in a monitor."""
    errors = VALIDATOR.iter_errors(yaml.safe_load(text))
    return [".".join(map(str, error.absolute_path)) for error in errors]


def test_it_is_a_schema_that_editors_can_read() -> None:
    schema: dict[str, Any] = json.loads(json.dumps(json_schema()))
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["trigger"]["default"] == "10 seconds"
    assert schema["properties"]["trigger"]["description"].startswith("How often the monitor looks")


@pytest.mark.parametrize("file", ["examples/monitor.yaml", "examples/kserve/monitor.yaml"])
def test_the_examples_are_valid(file: str) -> None:
    assert mistakes((ROOT / file).read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        LEAST,
        LEAST + "windows: {length: 1 hour, longer: [1 day], provisional: true, idle: null}\n",
        LEAST + "checks: {statistics: [ks, psi], thresholds: {psi: 0.1}}\n",
        LEAST + "alerting: {sinks: [{sink: webhook, url: {env: HOOK}}, {sink: console}]}\n",
        LEAST + "metrics: {port: '${PORT}'}\nspark: {spark.sql.shuffle.partitions: 4}\n",
        LEAST + "labels: {flights: {table: ./labels, label: late, request_id: id}}\n",
    ],
)
def test_it_takes_what_is_right(text: str, tmp_path: Path) -> None:
    assert mistakes(text) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (LEAST + "window: {length: 1 hour}\n", ""),
        (LEAST.replace("store: {path: store}\n", ""), ""),
        (LEAST + "windows: {provisional: 3}\n", "windows.provisional"),
        (LEAST + "alerting: {sinks: [{sink: pigeon}]}\n", "alerting.sinks.0"),
        (LEAST + "alerting: {sinks: [{sink: slack, url: 'https://hooks.example/secret'}]}\n", "alerting.sinks.0"),
        (LEAST + "metrics: {port: many}\n", "metrics"),
    ],
)
def test_it_refuses_what_is_wrong(text: str, place: str) -> None:
    found = mistakes(text)
    assert found
    assert all(each.startswith(place) for each in found)
