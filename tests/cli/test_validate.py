"""``sparkmon validate``: what is wrong is said before Spark starts."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sparkmon.cli.app import app
from sparkmon.errors import OptionError, ReferenceMissingError
from tests.support.planned import MONITOR, write_monitor


@pytest.fixture
def monitor(tmp_path: Path) -> Path:
    return write_monitor(tmp_path)


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [*map(str, words)])


def test_a_right_file_is_summed_up(monitor: Path) -> None:
    result = run("validate", monitor)
    assert result.exit_code == 0, result.exception
    lines = [line.rstrip().split(maxsplit=1) for line in result.stdout.splitlines()]
    assert lines[0] == ["models", "m"]
    assert ["windows", "1 hour, 1 day"] in lines
    assert result.stdout.rstrip().endswith("is valid")


@pytest.mark.parametrize("command", ["validate", "run", "plan"])
def test_what_is_not_there_is_said_before_spark_starts(monitor: Path, command: str) -> None:
    monitor.write_text(MONITOR + "reference: other\n")
    result = run(command, monitor)
    assert isinstance(result.exception, ReferenceMissingError)
    assert "sparkmon profile TABLE --as MODEL" in str(result.exception)
    monitor.write_text(MONITOR + "trigger: soon\n")
    result = run(command, monitor)
    assert isinstance(result.exception, OptionError)
    assert "trigger" in str(result.exception)


def test_the_schema_is_printed() -> None:
    result = run("validate", "--schema")
    assert json.loads(result.stdout)["required"] == ["source", "store", "tables"]
    assert run("validate").exit_code == 2
