"""The command as a newcomer meets it: help, and what is missing on the machine."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from sparkmon.cli.app import app, main
from tests.support.source import ROOT


def test_a_paragraph_of_help_fills_the_width_of_the_terminal() -> None:
    printed = CliRunner().invoke(app, ["compare", "-h"], env={"COLUMNS": "60", "TERM": "dumb"}).output
    lines = [line.strip() for line in printed.splitlines()]
    assert "Columns are read as what they are in the reference. With" in lines
    assert "neither --time nor --chunk the tables are compared as" in lines


def verbs(command: object, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not hasattr(command, "commands"):
        yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from verbs(each, *path, name)


@pytest.mark.parametrize(("path", "command"), [*verbs(get_command(app))])
def test_the_help_of_each_verb_has_an_example_that_its_options_take(
    path: tuple[str, ...],
    command: Any,  # noqa: ANN401 - of typer's own click
) -> None:
    examples = re.findall(r"^\s*Example: sparkmon (.+?)(?: > .+?)?(?:\n\s*\n|\Z)", f"{command.help}\n", re.M | re.S)
    assert examples
    for example in examples:
        words = shlex.split(example)
        assert tuple(words[: len(path)]) == path
        command.make_context(path[-1], words[len(path) :])  # parses, and runs nothing


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
