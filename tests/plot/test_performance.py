"""A metric over time: the last version of each window, estimates until labels come, windows that are worse."""

import pyarrow as pa

from sparkmon import plot
from sparkmon.labels.schema import PERFORMANCE
from sparkmon.views import open_source, performance_of
from tests.support.findings import HOUR, NOON


def row(at: int, **changes: object) -> dict[str, object]:
    times = {"window_start": NOON + at * HOUR, "window_end": NOON + (at + 1) * HOUR, "created_time": NOON}
    counts = {"prediction_count": 100, "labelled_count": 90, "coverage": 0.9, "version": 0}
    texts = {"model": "taxi", "model_version": "", "metric": "accuracy_score", "basis": "labels"}
    return {**times, **counts, **texts, "value": 0.9, "low": 0.85, "high": 0.95, "reference_value": 0.91, **changes}


ROWS = pa.Table.from_pylist(
    [
        row(0, version=1, value=0.8, low=0.7, high=0.9, estimate=0.88, verdict="model worse"),
        row(0, value=0.9, verdict="model fine"),  # replaced by the version above
        row(1, basis="cbpe", value=0.87, low=None, high=None, coverage=None),
        row(0, **{"class": "1"}, value=0.1),
        row(0, slice_key="a", slice_value="b", value=0.2),
        row(0, metric="f1_score", value=0.5),
    ],
    PERFORMANCE,
)


def test_a_window_is_its_last_version_and_an_estimate_until_then() -> None:
    values = performance_of(open_source({"performance": ROWS}), "taxi")
    assert values is not None
    assert (values.metric, values.metrics) == ("accuracy_score", ("accuracy_score", "f1_score"))
    assert values.window_ends == (NOON + HOUR, NOON + 2 * HOUR)
    assert values.values.tolist()[0] == 0.8
    assert values.estimates.tolist() == [0.88, 0.87]
    assert values.references.tolist() == [0.91, 0.91]
    assert values.verdicts == ("model worse", None)
    assert performance_of(open_source({"performance": ROWS}), "taxi", metric="none") is None


def test_its_plot_has_band_reference_estimate_and_values() -> None:
    band, reference, estimate, values = plot.performance({"performance": ROWS}, "taxi").data
    assert [*band.y] == [0.9, 0.7]
    assert [*reference.y] == [0.91, 0.91]
    assert [*estimate.y] == [0.88, 0.87]
    assert [*values.y] == [0.8, None]
    assert [*values.marker.symbol] == ["diamond", "circle"]
    assert [*values.text] == ["model worse, 90% labelled", "no labels"]
    assert plot.performance({}, "taxi").layout.annotations[0].text.startswith("No window")
