"""``sparkmon findings``: the verdicts of a model's windows."""

import json

import pytest
from typer.testing import CliRunner

from sparkmon.cli.app import app
from sparkmon.errors import OptionError
from tests.support.watched import Watched


def run(*words: object) -> str:
    result = CliRunner().invoke(app, [*map(str, words)])
    assert result.exit_code == 0, result.exception
    return result.stdout


@pytest.mark.slow
def test_findings_are_those_beyond_their_limit_unless_all_are_asked_for(watched: Watched) -> None:
    words = ("findings", watched.tables, "--model", "flights", "--since", "30 days")
    over = [json.loads(line) for line in run(*words, "--json").splitlines()]
    assert {(row["column_name"], row["status"]) for row in over} == {("temp", "drift")}
    every = [json.loads(line) for line in run(*words, "--all", "--json").splitlines()]
    assert {row["column_name"] for row in every} == {"temp", "humid"}
    assert f"{len(over)} of {len(every)} findings on flights" in run(*words)


def test_a_span_that_is_none_is_refused(watched: Watched) -> None:
    result = CliRunner().invoke(app, ["findings", watched.tables, "--model", "m", "--since", "soon"])
    assert isinstance(result.exception, OptionError)
    assert "expected an interval" in str(result.exception)
