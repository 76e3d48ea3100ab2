"""The benchmark of verdicts: its truths, its scores, its baselines, and that a quick run comes to its end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.verdicts import run
from bench.verdicts.case import BLOCK, Case, Verdicts, write_case
from bench.verdicts.cut import alternate, cut
from bench.verdicts.flights import flight_days
from bench.verdicts.hopsworks_rule import hopsworks
from bench.verdicts.loans import car_loan
from bench.verdicts.markdown import sets_as_markdown, summary_as_markdown, write_between
from bench.verdicts.original_rules import original_emd, original_js, original_kl
from bench.verdicts.peers.serve import each_window, serve
from bench.verdicts.score import Tally, total, weigh
from bench.verdicts.table import VerdictTable
from bench.verdicts.trustyai_rule import trustyai
from sparkmon.errors import SparkmonError
from tests.support.source import ROOT

OURS = {"sparkmon, alerts", "sparkmon, findings"}
RULES = {"TrustyAI's rule", "Hopsworks' PSI", "original, KL", "original, JS", "original, EMD"}
TABLE = pd.DataFrame({"a": range(4), "b": range(4), BLOCK: range(4)})


def test_alarms_are_held_against_the_truth() -> None:
    case = Case("x", TABLE, TABLE, {"a": 2})
    tally = weigh(case, {"a": [True, False, None, True], "b": [False, False, True, False]})
    assert tally == Tally(6, 2, 1, 8, [2], 0)
    assert tally.per_thousand == pytest.approx(1000 / 3)
    assert (tally.delay, tally.drifts) == (2, 1)
    silent = weigh(case, {"a": [False, False, None, False], "b": [False] * 4})
    assert silent == Tally(6, 0, 1, 8, [], 1)
    assert total([tally, silent]) == Tally(12, 2, 2, 16, [2], 1)
    nothing = weigh(case, {"a": [None] * 4, "b": [None] * 4})
    assert (nothing.per_thousand, nothing.delay) == (None, None)


def test_where_no_column_is_named_the_alarm_of_any_counts() -> None:
    case = Case("x", TABLE, TABLE, {"any": 3}, joint=True)
    tally = weigh(case, {"a": [False, True, None, False], "b": [False, True, None, True]})
    assert tally == Tally(3, 1, 1, 4, [1], 0)


def summary() -> VerdictTable:
    tallies: dict[str, Tally | str] = {
        "loud": Tally(100, 90, 0, 110, [1, 1], 0),
        "slow": Tally(100, 1, 0, 110, [3, 4], 0),
        "blind": Tally(100, 2, 0, 110, [1], 1),
        "mute": Tally(100, 0, 110, 110, [], 2),
        "broken": "ValueError: no",
    }
    return VerdictTable("one", "a set", tallies, {"loud": 2.0})


def test_the_best_are_marked_and_who_judges_nothing_is_not() -> None:
    assert summary().best() == {"per 1,000": {"slow"}, "missed": {"loud", "slow"}, "windows to detection": {"loud"}}
    rows = {row[0]: row[1:] for row in summary().rows()}
    assert rows["loud"] == ["100", "90", "900", "2", "0*", "1*", "", "2"]
    assert rows["slow"] == ["100", "1", "10*", "2", "0*", "3.5", "", "0"]
    assert rows["mute"] == ["100", "0", "-", "2", "2", "-", "100%", "0"]
    assert rows["broken"][0] == "failed"
    assert summary().failures() == ["broken: ValueError: no"]
    assert summary().figures()["systems"]["slow"]["best"] == ["missed", "per 1,000"]


def test_a_page_has_the_tables_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- bench-verdicts -->\nold\n<!-- /bench-verdicts -->\nafter\n")
    text = "\n".join([summary_as_markdown(summary()), "", sets_as_markdown(summary(), [summary()])])
    write_between(page, text)
    write_between(page, text)
    written = page.read_text()
    assert written == (f"before\n<!-- bench-verdicts -->\n{text}\n<!-- /bench-verdicts -->\nafter\n")
    assert "| loud | 900 | **0 of 2** | **1** |" in written
    assert "| one | 900 | **10** | 20 | - | failed |" in written
    assert "| one | **1** | 3.5 | 1, 1 of 2 missed | -, 2 of 2 missed | failed |" in written
    page.write_text("nothing")
    with pytest.raises(SparkmonError, match="no place for the verdicts"):
        write_between(page, text)


def test_rows_that_fill_no_window_are_left_out_and_truth_values_are_strings() -> None:
    made = cut(pd.DataFrame({"a": range(7), "b": [True, None, *[False] * 5]}), 3)
    assert made[BLOCK].tolist() == [0, 0, 0, 1, 1, 1]
    assert made["b"].tolist()[:3] == ["True", None, "False"]


def test_periods_fall_to_the_reference_and_the_current_side_in_turn() -> None:
    period = pd.Series([0, 0, 1, 2, 3, 3])
    reference, current = alternate(pd.DataFrame({"a": range(6)}), period)
    assert (reference["a"].tolist(), reference[BLOCK].tolist()) == ([0, 1, 3], [0, 0, 1])
    assert (current["a"].tolist(), current[BLOCK].tolist()) == ([2, 4, 5], [0, 1, 1])


def test_the_real_sets_are_what_their_sources_say() -> None:
    (days,) = flight_days(quick=True)
    # January to March 2013 has 90 days, and 77,809 flights whose weather is known.
    assert (days.windows, int(days.reference[BLOCK].max()) + 1) == (45, 45)
    assert len(days.reference) + len(days.current) == 77_809
    assert days.current.groupby(BLOCK)["dow"].nunique().eq(1).all()
    (loans,) = car_loan(quick=True)
    assert (loans.windows, len(loans.columns)) == (10, 8)
    # NannyML documents the change: dearer cars in the second half.
    means = loans.current.groupby(BLOCK)["car_value"].mean()
    assert means[5:].min() > 1.4 * means[:5].max()


@pytest.mark.slow
def test_trustyais_rule_alarms_by_chance_as_often_as_its_level_says() -> None:
    random = np.random.default_rng(0)
    rule = trustyai(pd.Series(random.normal(size=10_000)))
    alarms = [rule(pd.Series(random.normal(size=150))) for _ in range(1000)]
    assert 25 <= sum(each is True for each in alarms) <= 75
    # Of 150 rows the first 50 are not looked at.
    assert rule(pd.Series([9.0] * 50 + random.normal(size=100).tolist())) is False
    assert trustyai(pd.Series(["a", "b"]))(pd.Series(["a"])) is None


def test_the_originals_rules_lose_what_lies_out_of_range() -> None:
    random = np.random.default_rng(0)
    reference = pd.Series(random.normal(5, 1, 5_000)).clip(1.2, 8.8)
    same, far = (pd.Series(random.normal(mean, 1, 1_000)) for mean in (5, 50))
    for rule in (original_kl, original_js, original_emd):
        assert rule(reference)(same) is False
        assert rule(reference)(far) is False
        assert rule(pd.Series(["a"]))(pd.Series(["b"])) is None
    # Three standard deviations are bins enough for its earth mover.
    assert original_emd(reference)(same + 2) is True
    # Bounds of both signs, sorted as text, alarm on nothing.
    mixed = pd.Series(random.normal(size=5_000))
    assert original_kl(mixed)(pd.Series(random.normal(size=1_000))) is True


@pytest.mark.slow
@pytest.mark.parametrize(("spread", "least"), [(0.0, 80), (1.0, 80)], ids=["normal", "lognormal"])
def test_hopsworks_default_alarms_on_nothing(spread: float, least: int) -> None:
    random = np.random.default_rng(0)

    def draw(rows: int) -> pd.Series[float]:
        values = random.normal(size=rows)
        return pd.Series(np.exp(spread * values) if spread else values)

    rule = hopsworks(draw(10_000))
    # Its profiler's histogram puts whole bins on the wrong side of the percentiles it bins by.
    assert sum(rule(draw(1_000)) is True for _ in range(100)) >= least


def test_hopsworks_default_is_right_about_levels() -> None:
    rule = hopsworks(pd.Series(["a", "b"] * 500))
    assert rule(pd.Series(["a", "b"] * 50)) is False
    # By hand: (0.9 - 0.5) ln(0.9 / 0.5) + (0.1 - 0.5) ln(0.1 / 0.5) = 0.88.
    assert rule(pd.Series(["a"] * 90 + ["b"] * 10)) is True


def test_a_peer_answers_by_case_and_what_it_fails_on_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": list("xyxy"), BLOCK: [0, 0, 1, 1]})
    folders = [
        write_case(Case(name, numbers.assign(a=numbers["a"] * sign), numbers), tmp_path)
        for name, sign in (("good", 1), ("bad", -1))
    ]

    def judge(reference: pd.DataFrame, current: pd.DataFrame, kinds: dict[str, str]) -> Verdicts:
        assert kinds == {"a": "numeric", "b": "categorical"}
        if reference["a"].min() < 0:
            raise ArithmeticError("below zero")
        return each_window(["a", "b"], current, lambda window: {"a": bool(window["a"].max() > 3)})

    answer = tmp_path / "answer.json"
    monkeypatch.setattr(sys, "argv", ["peer", str(answer), *map(str, folders)])
    serve("pandas", judge)
    told = json.loads(answer.read_text())
    assert told["version"] == pd.__version__
    assert told["cases"]["good"]["verdicts"] == {"a": [False, True], "b": [None, None]}
    assert told["cases"]["bad"] == {"error": "ArithmeticError: below zero"}


@pytest.mark.slow
def test_a_quick_run_judges_the_small_sets_without_peers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = tmp_path / "verdicts.json"
    monkeypatch.setattr("sys.argv", ["bench.verdicts.run", "--quick", "--json", str(figures)])
    run.main()
    printed = capsys.readouterr()
    assert "asking sparkmon" in printed.err
    assert "asking" not in printed.out
    told = json.loads(figures.read_text())
    sets = told["sets"]
    assert list(sets) == ["normal_100", "planted", "car_loan", "airline_merger", "flight_days", "moderate_chosen"]
    for of_set in sets.values():
        assert set(of_set["systems"]) == OURS | RULES
    for name, drifts in {"car_loan": 5, "airline_merger": 1, "planted": 1}.items():
        for system in OURS:
            ours = sets[name]["systems"][system]
            assert (ours["drifts"], ours["missed"], ours["false_alarms"]) == (drifts, 0, 0)
        assert ours["windows_to_detection"] <= 2
    # A hundred rows are too few for the thresholds of drift; of nulls, ranges and the like they are enough.
    small = sets["normal_100"]["systems"]["sparkmon, alerts"]
    assert (small["false_alarms"], small["false_alarms_per_1000"]) == (0, 0.0)
    quiet = told["summary"]["systems"]["sparkmon, alerts"]["no_drift_windows"]
    assert quiet == 200 + 97 + 55 + 25 + 630 + 8 * 8 + 8 * 16
    halves = [part["systems"]["sparkmon, alerts"]["no_drift_windows"] for part in told["parts"]]
    assert halves == [quiet - 25, 25]  # nothing was chosen on airline_merger


@pytest.mark.slow
def test_a_set_or_system_that_is_not_there_is_refused() -> None:
    for option, name in (("--only", "seldon"), ("--sets", "car_loan_dq")):
        command = [sys.executable, "-m", "bench.verdicts.run", "--quick", option, name]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert f"there is no '{name}' here" in done.stderr
