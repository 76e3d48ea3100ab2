"""``sparkmon incidents``: what, since when, why, and what to do."""

import json

from typer.testing import CliRunner

from sparkmon.cli.app import app
from tests.support.watched import Watched


def run(*words: object) -> str:
    result = CliRunner().invoke(app, [*map(str, words)])
    assert result.exit_code == 0, result.exception
    return result.stdout


def test_incidents_say_what_why_and_what_to_do(watched: Watched) -> None:
    text = run("incidents", watched.tables, "--model", "flights").replace("\n", " ")
    for part in (
        "critical, firing since",
        "temp of the model flights drifted",
        "among all tests",
        "Search for a changed",
    ):
        assert part in text
    assert run("incidents", watched.tables, "--model", "none") == "No open incidents.\n"
    (row,) = map(json.loads, run("incidents", watched.tables, "--model", "flights", "--json").splitlines())
    assert (row["column_name"], row["is_open"], row["acknowledged_by"]) == ("temp", True, None)
