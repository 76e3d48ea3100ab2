"""``sparkmon plan``: what a monitor will compute, keep and find, from its references."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sparkmon.cli.app import app
from tests.support.planned import write_monitor


@pytest.fixture
def monitor(tmp_path: Path) -> Path:
    return write_monitor(tmp_path)


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [*map(str, words)])


@pytest.mark.slow
def test_a_plan_counts_what_a_day_brings(monitor: Path) -> None:
    result = run("plan", monitor, "--json")
    assert result.exit_code == 0, result.exception
    planned = json.loads(result.stdout)
    assert (planned["model"], planned["columns"], planned["slices"], planned["window_rows"]) == ("m", 2, 0, 500)
    # 24 hours and a day, of two columns each; ks, psi and what is always looked at: rates of null, NaN, inf ...
    assert planned["windows_a_day"] == 25
    assert planned["rows_a_day"]["profiles"] == 50
    # Of 12,000 rows a day each ten seconds have one or two.
    assert planned["rows_a_day"]["panes"] == 2 * 24 * 360
    assert 0 < planned["bytes_a_day"]["panes"] / planned["rows_a_day"]["panes"] < 500 * 7
    # A sketch of 500 numbers of 8 bytes each, random ones, which do not compress.
    assert 50 * 500 * 7 < planned["bytes_a_day"]["profiles"] < 50 * 500 * 12
    assert planned["false_alarms_per_week"] == pytest.approx(1, rel=0.5)
    # Half a standard deviation is 11 standard errors of the mean of 500 rows, a twentieth is 1.1.
    assert all(0.05 < shift < 0.5 for shift in planned["found_from"].values())


@pytest.mark.slow
def test_fewer_rows_find_less(monitor: Path) -> None:
    few, many = (
        json.loads(run("plan", monitor, "--json", "--window-rows", rows).stdout)["found_from"] for rows in (100, 2_000)
    )
    # The noise goes with the root of the rows, 4.5 times; limits cannot be below the noise of blocks of 500.
    assert 500**0.5 / 100**0.5 * 0.8 < few["x"] / many["x"] < 20**0.5
    table = run("plan", monitor).stdout
    assert "false alarms a week" in table
    assert " sd" in table
