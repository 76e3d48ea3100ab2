"""The command as a newcomer meets it: help, and what is missing on the machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sparkmon.cli.app import app, main
from tests.support.source import ROOT


def test_a_paragraph_of_help_fills_the_width_of_the_terminal() -> None:
    printed = CliRunner().invoke(app, ["compare", "-h"], env={"COLUMNS": "60", "TERM": "dumb"}).output
    lines = [line.strip() for line in printed.splitlines()]
    assert "Columns are read as what they are in the reference. With" in lines
    assert "neither --time nor --chunk the tables are compared as" in lines


def test_help_needs_neither_numpy_nor_arrow() -> None:
    code = "import sys, sparkmon.cli; print({'numpy', 'pyarrow', 'pydantic', 'yaml'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "set()\n"


@pytest.mark.slow
def test_without_java_one_sentence_says_what_to_install() -> None:
    command = [sys.executable, "-m", "sparkmon", "profile", "--as", "m", "--sql", "SELECT 1 AS x"]
    environment = os.environ | {"JAVA_HOME": "/nowhere"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("sparkmon: [SPARKMON_ERROR] Spark needs Java 17 or newer; JAVA_HOME (/nowhere) has none: ")


def test_a_place_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "monitor.yaml").write_text(
        "source: {format: kserve, path: s}\nstore: {path: s}\ntables: ./file/tables\n"
    )
    words = ["alerts", "silence", f"{tmp_path}/monitor.yaml", "--for", "1 hour", "--model", "x"]
    monkeypatch.setattr("sys.argv", ["sparkmon", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("sparkmon: ")
    assert f"{tmp_path}/file/tables" in line
