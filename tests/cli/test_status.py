"""``sparkmon status``: from tables alone, without Spark."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sparkmon.cli.app import app
from sparkmon.errors import OptionError
from tests.support.source import ROOT
from tests.support.watched import HOSTILE, Watched


def run(*words: object) -> str:
    result = CliRunner().invoke(app, [*map(str, words)])
    assert result.exit_code == 0, result.exception
    return result.stdout


def test_status_is_of_a_directory_or_a_file(watched: Watched) -> None:
    rows = [json.loads(line) for line in run("status", watched.tables, "--json").splitlines()]
    assert {row["model"] for row in rows} == {"flights", HOSTILE}
    assert [row["open_incidents"] for row in rows] == [1, 1]
    text = run("status", watched.place / "monitor.yaml")
    assert "2 models; 2 open incidents; 0 silences" in text


def test_tables_that_are_not_there_are_empty(tmp_path: Path) -> None:
    assert "No window has closed yet" in run("status", f"{tmp_path}/nothing")
    assert run("incidents", f"{tmp_path}/nothing") == "No open incidents.\n"


@pytest.mark.parametrize("text", ["table: x", "tables: ''", "tables: [a]", "[]", ""])
def test_a_file_without_tables_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "monitor.yaml"
    file.write_text(text)
    result = CliRunner().invoke(app, ["status", str(file)])
    assert isinstance(result.exception, OptionError)
    assert "expected a directory or a catalog schema" in str(result.exception)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [["alerts", "list"], ["status"], ["alerts", "silence", "--model", "none", "--for", "1 minute"]]
)
def test_spark_and_pandas_are_not_even_imported(watched: Watched, words: list[str]) -> None:
    code = (
        "import sys\nfrom sparkmon.__main__ import main\ntry:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code\nprint({'pyspark', 'pandas'} & {*sys.modules})"
    )
    command = [sys.executable, "-c", code]
    first, *more = words if words[0] == "alerts" else [words[0]]
    arguments = [first, *more[:1], str(watched.place / "monitor.yaml"), *more[1:]]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "set()"
