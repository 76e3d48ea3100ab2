"""``sparkmon report``: one file."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sparkmon.cli.app import app
from sparkmon.errors import OptionError
from tests.support.watched import Watched


@pytest.mark.slow
def test_it_writes_a_file_or_prints(watched: Watched, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    words = ["report", watched.tables, "--model", "flights", "--store", watched.store]
    result = CliRunner().invoke(app, [*words, "--out", str(out)])
    assert result.exit_code == 0, result.exception
    assert "5." in result.stderr or "4." in result.stderr
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    result = CliRunner().invoke(app, ["report", str(watched.place / "monitor.yaml"), "--format", "json"])
    assert len(json.loads(result.stdout)["models"]) == 2


def test_a_file_that_cannot_be_written_is_refused(watched: Watched, tmp_path: Path) -> None:
    out = f"{tmp_path}/none/report.md"
    result = CliRunner().invoke(app, ["report", watched.tables, "--format", "markdown", "--out", out])
    assert isinstance(result.exception, OptionError)
    assert "a file in a directory that exists" in str(result.exception)
