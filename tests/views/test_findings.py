"""How far columns are beyond their limits, over windows."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sparkmon.comparison import excess
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.errors import OptionError
from sparkmon.views import findings_of, heat_map, open_source, series
from tests.support.findings import FINDING, HOUR, NOON, findings, hour
from tests.support.watched import FAULT_WINDOW, HOSTILE, WINDOWS, Watched


def test_excess_is_the_effect_in_units_of_the_limit() -> None:
    rows = findings(
        {"value": 0.5, "noise": 0.01, "sketch_error": 0.02, "limit": 0.1},  # (.5 - .03) / .1
        {
            "value": -0.5,
            "noise": None,
            "sketch_error": None,
            "limit": None,
            "threshold": 0.25,
            "status": "ok",
        },  # not borne out
        {"value": 0.01, "noise": 0.02, "status": "ok"},
        {"value": 0.05, "noise": 0.0, "limit": 0.1},  # a drift by its blocks
        {"value": 0.05, "noise": 0.0, "limit": 0.0, "status": "over_limit"},
        {"value": 0.9, "status": "too_few_rows"},
        {"value": None, "statistic": "missing_column"},
    )
    np.testing.assert_allclose(excess(rows), [4.7, 1.0, 0.0, 1.0, np.inf, np.nan, 1.0])


def test_a_heat_map_has_the_strongest_finding_of_each_column_and_window() -> None:
    rows = findings(
        {"statistic": "ks", "value": 0.51},
        {"statistic": "psi", "value": 0.91, "limit": 0.3},
        {"statistic": "ks", "value": 0.9, "slice_key": "a", "slice_value": "b"},
        {"column_name": "fare", "value": 0.9, "limit": 0.1},
        hour(1, status="ok", value=0.06),
        hour(1, column_kind="client", column_name=":clients"),
    )
    heat = heat_map(open_source({"drift_metrics": rows}), "taxi")
    assert heat.columns == (("fare", "feature"), ("distance", "feature"))
    assert heat.window_ends == (NOON + HOUR, NOON + 2 * HOUR)
    fare, distance = heat.cells
    assert fare[1] is None
    assert [(cell.statistic, cell.status) for cell in distance if cell] == [("ks", "drift"), ("ks", "ok")]
    # .5 / .1 is more than .9 / .3, and slices are left out.
    assert [round(cell.excess, 6) for cell in distance if cell] == [5.0, 0.5]


def test_a_series_is_the_strongest_statistic_unless_one_is_named() -> None:
    changes = [hour(at, statistic="psi", value=0.1 * at, limit=0.2, status="ok") for at in range(5)]
    rows = findings(*changes, {"value": 0.9})
    source = open_source({"drift_metrics": rows})
    strongest = series(source, "taxi", "distance")
    assert strongest is not None
    assert (strongest.statistic, strongest.values.tolist()) == ("ks", [0.9])
    psi = series(source, "taxi", "distance", statistic="psi", since=NOON + 3 * HOUR)
    assert psi is not None
    np.testing.assert_allclose(psi.values, [0.2, 0.3, 0.4])
    assert series(source, "taxi", "nothing") is None


def test_tables_and_dataframes_give_the_same(watched: Watched) -> None:
    tables = watched.open()
    rows = tables.read("drift_metrics")
    assert rows is not None
    frame = rows.cast(DRIFT_METRICS).to_pandas()
    assert isinstance(frame, pd.DataFrame)
    of_tables = heat_map(tables, HOSTILE)
    for frames in ({"drift_metrics": rows}, {"drift_metrics": frame}):
        assert heat_map(open_source(frames), HOSTILE) == of_tables
    assert of_tables.columns[0] == (HOSTILE, "feature")
    worst = of_tables.cells[0]
    assert [cell is not None and cell.excess > 1 for cell in worst] == [at >= FAULT_WINDOW for at in range(WINDOWS)]


def test_findings_are_read_by_window_and_column(watched: Watched) -> None:
    found = findings_of(watched.open(), "flights", window_end=watched.end)
    assert {each.column_name for each in found} == {"temp", "humid"}
    assert found[0].column_name == "temp"
    assert found[0].status == "drift"
    since = findings_of(watched.open(), "flights", column="humid", since=watched.end - timedelta(hours=1))
    assert {(each.column_name, each.window_end) for each in since} == {
        ("humid", watched.end - timedelta(hours=1)),
        ("humid", watched.end),
    }


@pytest.mark.parametrize("place", ["main.monitoring", {"drift_metrics": [FINDING]}])
def test_what_cannot_be_read_without_spark_is_refused(place: object) -> None:
    with pytest.raises(OptionError):
        open_source(place)  # type: ignore[arg-type]


def test_no_tables_are_no_findings() -> None:
    source = open_source({"other": pa.table({"a": [1]})})
    assert heat_map(source, "taxi").columns == ()
    assert findings_of(source, "taxi") == []
