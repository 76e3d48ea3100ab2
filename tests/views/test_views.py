"""Incidents, models, histograms and traffic, as the tables have them."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from sparkmon.alerts import AlertStore, Matcher, acknowledge, end_silence, silence
from sparkmon.distributions import Categories, Distribution, Joint
from sparkmon.errors import OptionError, ProfileError
from sparkmon.store import open_store
from sparkmon.views import (
    advice,
    dead_letters_of,
    histogram,
    incidents_of,
    models_of,
    open_source,
    outliers_of,
    overview,
    profile_at,
    reference_at,
    rows_of_window,
    traffic_of,
)
from tests.support.panes import HOUR
from tests.support.watched import HOSTILE, WINDOWS, Watched, watch

DAY = timedelta(days=1)


def now() -> datetime:
    return datetime.now(timezone.utc)


def test_an_overview_has_models_and_incidents(watched: Watched) -> None:
    current = overview(watched.open(), watched.end + timedelta(minutes=1))
    assert {model.model for model in current.models} == {"flights", HOSTILE}
    flights = next(model for model in current.models if model.model == "flights")
    assert (flights.windows, flights.requests, flights.responses) == (WINDOWS, 600 * WINDOWS, 599 * WINDOWS)
    assert (flights.open_incidents, flights.severity, flights.is_stale) == (1, "critical", False)
    assert not current.is_stale
    assert current.closed_time == watched.end + timedelta(seconds=20)
    assert {each.column_name for each in current.incidents} == {"temp", HOSTILE}
    assert all(each.explanation and each.advice and each.opened_time for each in current.incidents)


def test_a_model_without_windows_for_three_lengths_is_stale(watched: Watched) -> None:
    for hours, is_stale in ((3, False), (4, True)):
        current = overview(watched.open(), watched.end + timedelta(hours=hours))
        assert [model.is_stale for model in current.models] == [is_stale, is_stale]
        assert current.is_stale is is_stale
    assert models_of(watched.open(), now(), since=watched.end + DAY) == ()


@pytest.mark.slow
def test_acknowledgements_and_silences_are_seen_at_once(tmp_path: Path) -> None:
    watched = watch(tmp_path, {"flights": "temp", "taxi": "fare"})
    tables = watched.open()
    store = AlertStore(tables)
    first, second = incidents_of(tables, now()).incidents
    acknowledge(store, first.incident_id[:8], by="ada")
    silence_id, until = silence(store, Matcher(model=second.model), DAY, by="ada", comment="backfill")
    seen = {each.incident_id: each for each in incidents_of(tables, now()).incidents}
    assert seen[first.incident_id].acknowledged_by == "ada"
    assert seen[second.incident_id].silenced_until == until
    assert all(each.is_handled for each in seen.values())
    (active,) = incidents_of(tables, now()).silences
    assert active.silence_id == silence_id
    assert incidents_of(tables, now() + 2 * DAY).silences == ()
    end_silence(store, silence_id, by="ada")
    assert incidents_of(tables, now()).silences == ()
    assert [each.model for each in incidents_of(tables, now(), model="taxi").incidents] == ["taxi"]
    with pytest.raises(OptionError, match="got 'abc', with which the ids of 0 silences begin"):
        end_silence(store, "abc", by="ada")
    with pytest.raises(OptionError, match="an interval longer than 0"):
        silence(store, Matcher(), timedelta(), by="ada")


def test_a_profile_is_set_beside_its_reference(watched: Watched) -> None:
    references = open_store(watched.store).read_references()
    reference = reference_at(references, "flights", "temp")
    current = profile_at(watched.open(), "flights", "temp", watched.end)
    assert reference is not None
    assert current is not None
    bars = histogram(reference, current)
    assert (bars.reference_rows, bars.current_rows) == (20_000, 600)
    assert bars.edges is not None
    # 30 below a mean of 60, with a deviation of 8.
    middle = float(bars.current[1:-2] @ (bars.edges[:-1] + bars.edges[1:]) / 2 / bars.current[1:-2].sum())
    assert middle == pytest.approx(30, abs=1)
    assert bars.moved.sum() > 10
    assert reference_at(references, "flights", "nothing") is None
    assert profile_at(watched.open(), "flights", "temp", watched.end + DAY) is None


def test_bins_of_the_same_distribution_have_not_moved() -> None:
    random = np.random.default_rng(3)
    sides = [Distribution.from_sample(random.normal(size=size)) for size in (5000, 1000)]
    bars = histogram(*sides)
    assert not bars.moved.any()
    assert bars.reference.sum() == pytest.approx(1)
    assert bars.current.sum() == pytest.approx(1)
    assert bars.edges is not None
    counts, _ = np.histogram(sides[0].values, bars.edges)
    np.testing.assert_allclose(bars.reference[1:-2] * 5000, counts, atol=1)


def test_levels_are_those_of_the_reference() -> None:
    bars = histogram(Categories({"a": 60, "b": 40}, 0, 100), Categories({"a": 20, "c": 60}, 20, 80))
    assert bars.labels == ("a", "b", "(other levels)", "(not in the reference)", "(no value)")
    np.testing.assert_allclose(bars.current, [0.2, 0, 0, 0.6, 0.2])
    assert bars.moved.tolist() == [True, True, False, True, True]


def test_columns_without_numbers_and_of_two_kinds() -> None:
    empty = Distribution.from_sample([None, None])
    assert histogram(empty, empty).current.tolist() == [0, 0, 1]
    assert histogram(Distribution.from_sample([1.0, 2.0]), empty).current[-1] == 1
    joint = Joint(Distribution.from_sample([1.0, 2.0]), np.zeros(133))
    assert histogram(joint, joint).current_rows == 2
    with pytest.raises(ProfileError, match="one kind"):
        histogram(Categories({"a": 1}, 0, 1), empty)


def test_traffic_outliers_and_dead_letters(watched: Watched) -> None:
    tables = watched.open()
    windows = traffic_of(tables, "flights", since=watched.end)
    assert [(each.requests, each.responses, each.lag) for each in windows] == [(600, 599, timedelta(seconds=20))]
    (outlier,) = outliers_of(tables, "flights", window_end=watched.end)
    assert outlier.columns == ((HOSTILE, "1e9", "52 to 68", 0.93),)
    letters = dead_letters_of(tables, "flights")
    assert {letter.excerpt[:20] for letter in letters} == {"ff fe 00", "<script>alert(1)</sc"}
    assert "\u202e" not in "".join(letter.excerpt for letter in letters)
    assert len(dead_letters_of(tables)) == 4
    assert dead_letters_of(tables, "nothing") == []


def test_the_rows_of_a_window_are_the_first_of_those_kept(watched: Watched) -> None:
    tables = watched.open()
    rows = rows_of_window(tables, "flights", watched.end - HOUR, watched.end)
    assert rows is not None
    assert [each.request_id for each in rows] == ["r-2", "r-1"]
    assert rows[0].features == ((HOSTILE, 1e9), ("carrier", HOSTILE))
    assert rows[0].predictions == (("late", 0.25),)
    for changes, expected in (({"count": 1}, ["r-2"]), ({"event_id": "e-1"}, ["r-1"])):
        chosen = rows_of_window(tables, "flights", watched.end - HOUR, watched.end, **changes)
        assert [each.request_id for each in chosen or ()] == expected
    assert rows_of_window(tables, "flights", watched.end, watched.end + HOUR) == []
    assert rows_of_window(open_source({}), "flights", watched.end - HOUR, watched.end) is None


@pytest.mark.parametrize(
    ("kind", "statistic", "expected"),
    [
        ("client", "x", "client"),
        ("feature", "missing_column", "renamed"),
        ("feature", "ks", "Compare the distributions"),
    ],
)
def test_advice_is_by_what_was_found(kind: str, statistic: str, expected: str) -> None:
    assert expected in advice({"column_kind": kind, "statistic": statistic})
