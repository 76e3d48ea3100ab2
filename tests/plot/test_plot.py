"""Figures: the numbers that they show, names as text, and what they say where there is nothing."""

from datetime import datetime, timedelta

import numpy as np
import plotly.graph_objects as go
import pytest

from sparkmon import plot
from sparkmon.distributions import Distribution
from sparkmon.store import open_store
from sparkmon.views import histogram
from tests.support.findings import HOUR, NOON, findings, hour
from tests.support.watched import FAULT_WINDOW, HOSTILE, WINDOWS, Watched


def test_a_heat_map_shows_the_excess_up_to_four(watched: Watched) -> None:
    figure = plot.heat_map(watched.tables, "flights")
    (trace,) = figure.data
    assert [*figure.layout.yaxis.ticktext] == ["temp", "humid"]
    worst = trace.z[0]
    assert [value > 1 for value in worst] == [at >= FAULT_WINDOW for at in range(WINDOWS)]
    assert max(worst) == 4
    assert trace.x[-1] == watched.end


def test_a_series_shows_value_limit_and_when_it_drifted() -> None:
    rows = findings(
        hour(0, value=0.05, noise=0.02, limit=0.1, status="ok"),
        hour(1, value=0.5, noise=0.02, limit=0.1),
        hour(2, value=-0.6, noise=0.02, limit=0.1),
        hour(3, value=None, noise=None, limit=None, status="too_few_rows"),
    )
    figure = plot.over_time({"drift_metrics": rows}, "taxi", "distance", theme="dark")
    noise, limit, values = figure.data
    assert [*noise.y] == [0.02, 0.02, 0.02, 0.0]
    np.testing.assert_allclose([*limit.y[:3]], 0.12)
    assert [*values.y] == [0.05, 0.5, 0.6, None]
    assert [*values.marker.symbol] == ["circle", "diamond", "diamond", "circle"]
    (span,) = figure.layout.shapes
    assert (span.x0, span.x1) == (NOON + HOUR, NOON + 3 * HOUR)
    assert figure.layout.template.layout.paper_bgcolor == plot.TEMPLATES["dark"].layout.paper_bgcolor


def test_bins_that_moved_stand_out(watched: Watched) -> None:
    references = open_store(watched.store).read_references()
    figure = plot.distribution(watched.tables, references, "flights", "temp", watched.end)
    bars = {trace.name: trace for trace in figure.data}
    assert bars.keys() == {"reference", "now", "now, moved"}
    assert sum(bars["reference"].y) == pytest.approx(1)
    assert sum(bars["now"].y) + sum(bars["now, moved"].y) == pytest.approx(1)
    assert bars["now, moved"].marker.pattern.shape == "/"
    assert "600 rows against 20,000" in figure.layout.title.subtitle.text


def test_columns_without_numbers_can_be_plotted() -> None:
    empty = Distribution.from_sample([None] * 3)
    figure = plot.histogram_figure(histogram(empty, empty), "t")
    assert sum(figure.data[0].y) == 1
    half = plot.histogram_figure(histogram(Distribution.from_sample([1.0, 2.0, None, None]), empty), "t")
    assert half.layout.xaxis.ticktext[-1] == "no value"


def test_clients_are_ordered_by_their_attacks() -> None:
    attack = {"column_kind": "client", "column_name": ":clients", "slice_key": "client", "reason": "a sweep"}
    rows = findings(
        {**attack, "slice_value": "calm", "status": "ok"},
        {**attack, "slice_value": "eve<b>", "status": "over_limit"},
    )
    figure = plot.attacks({"drift_metrics": rows}, "taxi")
    assert [*figure.layout.yaxis.ticktext] == ["eve&lt;b&gt;", "calm"]
    calm, attacks = figure.data
    assert ([*calm.y], [*attacks.y]) == ([1], [0])
    assert attacks.text[0] == "3,000 rows; a sweep"


def test_attributions_are_of_the_last_window_the_greatest_first(watched: Watched) -> None:
    training, now = plot.attributions(watched.tables, HOSTILE).data
    assert ([*training.x], [*now.x]) == ([0.2, 0.2], [0.3, 0.1])
    assert {*now.customdata} == {watched.end}
    earlier = plot.attributions(watched.tables, HOSTILE, window_end=watched.end - timedelta(hours=1))
    assert f"{watched.end - timedelta(hours=1):%H:%M} UTC" in earlier.layout.title.subtitle.text
    assert not plot.attributions({}, "m").data


def test_traffic_and_outliers(watched: Watched) -> None:
    requests, responses, lag = plot.traffic(watched.tables, "flights").data
    assert {*requests.y} == {600}
    assert {*responses.y} == {599}
    assert {*lag.y} == {20.0}
    (outliers,) = plot.outliers(watched.tables, "flights").data
    assert ([*outliers.x], [*outliers.y]) == ([watched.end - timedelta(minutes=30)], [3.2])


def test_names_are_text_and_short(watched: Watched) -> None:
    for figure in (
        plot.heat_map(watched.tables, HOSTILE),
        plot.over_time(watched.tables, HOSTILE, HOSTILE),
        plot.traffic(watched.tables, HOSTILE),
        plot.outliers(watched.tables, HOSTILE),
    ):
        layout = figure.layout.to_plotly_json()
        assert "<script" not in str(layout)
        assert "\u202e" not in str(layout)
        assert "&lt;script&gt;" in layout["title"]["text"]
        assert len(layout["title"]["text"]) < 300


@pytest.mark.parametrize(
    "figure",
    [
        plot.heat_map({}, "m"),
        plot.over_time({}, "m", "c"),
        plot.outliers({}, "m"),
        plot.attacks({}, "m"),
        plot.traffic({}, "m"),
    ],
)
def test_nothing_is_said_to_be_nothing(figure: go.Figure) -> None:
    assert not figure.data
    assert figure.layout.annotations[0].text.endswith(".") or "docs" in figure.layout.annotations[0].text


def test_a_missing_reference_is_said_to_be_missing(watched: Watched) -> None:
    references = open_store(watched.store).read_references()
    figure = plot.distribution(watched.tables, references, "flights", "none", datetime(2026, 1, 1))  # of no zone: UTC
    assert figure.layout.annotations[0].text == "The reference has no profile of the column."
