"""Labels joined to rows: what pandas' own joins give, by request, by row and as of a time."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow as pa

from sparkmon.labels.label_source import LabelSource
from sparkmon.labels.label_table import LabelTable

ROWS, KEYS = 500, 60


def moments(seed: int, size: int) -> pd.Series:
    """Return distinct times of a day, in no order."""
    places = np.random.default_rng(seed).permutation(86_400)[:size]
    return pd.Series(pd.Timestamp("2026-03-01", tz="UTC") + pd.to_timedelta(places, "s")).astype("datetime64[us, UTC]")


def texts(seed: int, size: int, of: int) -> list[str]:
    return [f"k{each}" for each in np.random.default_rng(seed).integers(0, of, size)]


def test_labels_by_request_and_row_are_those_of_a_merge() -> None:
    rows = pd.DataFrame({"request_id": texts(1, ROWS, KEYS), "instance": np.random.default_rng(2).integers(0, 3, ROWS)})
    labels = rows.drop_duplicates().sample(100, random_state=3).assign(y=np.arange(100) % 7)
    source = LabelSource("./labels", instance="instance")
    times = pa.array(moments(4, ROWS))
    joined = LabelTable(pa.table(labels), "y", source).join(
        {name: pa.array(rows[name]) for name in rows.columns}, times
    )
    expected = rows.merge(labels, on=["request_id", "instance"], how="left")["y"]
    np.testing.assert_array_equal(joined.labels.to_pandas().astype(float), expected)
    assert not joined.is_duplicate.any()


def test_labels_of_entities_are_those_as_of_the_next_time() -> None:
    keys = {"loan": texts(5, ROWS, KEYS), "region": texts(6, ROWS, 3)}
    rows = pd.DataFrame({**keys, "event_time": moments(7, ROWS)})
    labels = pd.DataFrame({"id": texts(8, 300, KEYS), "place": texts(9, 300, 3), "at": moments(10, 300)})
    labels["y"] = np.arange(300)
    longest = timedelta(hours=6)
    source = LabelSource(
        "./labels", entities={"loan": "id", "region": "place"}, time="at", horizon=longest / 2, revise_for=longest / 2
    )
    joined = LabelTable(pa.table(labels), "y", source).join(
        {name: pa.array(each) for name, each in keys.items()}, pa.array(rows["event_time"])
    )
    expected = pd.merge_asof(
        rows.reset_index().sort_values("event_time"),
        labels.rename(columns={"id": "loan", "place": "region"}).sort_values("at"),
        left_on="event_time",
        right_on="at",
        by=["loan", "region"],
        direction="forward",
        tolerance=longest,
    ).sort_values("index")["y"]
    np.testing.assert_array_equal(joined.labels.to_pandas().astype(float), expected)
    assert expected.notna().sum() > 50
