"""``sparkmon explain``: what lies behind an incident, without Spark."""

import json

import pytest
from typer.testing import CliRunner

from sparkmon.cli.app import app
from sparkmon.errors import OptionError
from sparkmon.views import incidents_of
from tests.support.watched import Watched


def run(*words: object) -> str:
    result = CliRunner().invoke(app, [*map(str, words)])
    if result.exception:
        raise result.exception
    return result.stdout


def test_an_incident_says_what_happened_to_its_column(watched: Watched) -> None:
    (incident,) = incidents_of(watched.open(), watched.end, model="flights").incidents
    text = " ".join(run("explain", watched.tables, incident.incident_id[:12]).split())
    assert "it looks like another" in text
    for part in ("temp of the model flights drifted", "rows more or fewer", "up to ", "rank column share of rows"):
        assert part in text
    (row,) = map(json.loads, run("explain", watched.tables, incident.incident_id, "--json").splitlines())
    assert (row["causes"]["rank"], [each["column_name"] for each in row["columns"]]) == (1, ["temp"])
    assert max(each["rows"] for each in row["causes"]["bins"]) > 500  # of 600, all but a tenth
    with pytest.raises(OptionError, match="with which 0 incidents begin"):
        run("explain", watched.tables, "nothing")
