"""``sparkmon report``: one file."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from sparkmon.cli.app import app
from sparkmon.dashboard.reading import Reading
from sparkmon.distributions.schema import REFERENCES
from sparkmon.errors import OptionError
from sparkmon.store import open_store
from sparkmon.tables import Tables
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


def test_a_monitors_references_may_have_another_name(watched: Watched, tmp_path: Path) -> None:
    references = Tables(watched.store).open().read("references")
    assert references is not None
    names = pa.repeat(pa.scalar("training:3"), references.num_rows)
    references = references.set_column(references.schema.get_field_index("reference"), "reference", names)
    Tables(f"{tmp_path}/store").open().append(references.cast(REFERENCES), "references")
    monitor = tmp_path / "monitor.yaml"
    monitor.write_text(f"tables: {watched.tables}\nstore: {{path: store}}\nreference: training:3\n")
    for words in ([str(monitor)], [watched.tables, "--store", f"{tmp_path}/store", "--reference", "training:3"]):
        result = CliRunner().invoke(app, ["report", *words, "--out", f"{tmp_path}/report.html"])
        assert result.exit_code == 0, result.exception
        assert "has no references" not in result.stderr
    result = CliRunner().invoke(
        app, ["report", str(monitor), "--reference", "other", "--out", f"{tmp_path}/other.html"]
    )
    assert "has no references 'other'; windows are shown next to the first window" in result.stderr
    plots = [
        (tmp_path / name).read_text(encoding="utf-8").count('class="plot"') for name in ("report.html", "other.html")
    ]
    assert plots[0] > plots[1], "columns that changed are drawn against their reference"
    tables = Tables(watched.tables).open()
    read = Reading(tables, open_store(f"{tmp_path}/store"), "training:3").references()
    assert read is not None
    assert read.num_rows == references.num_rows
