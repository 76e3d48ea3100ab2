"""The same values give 0, whatever type they have in the reference and on the wire; changed ones are found.

Each pair is a column of a reference's table, of Spark's types, and a form in which the same rows reach a model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from sparkmon.comparison import Checks, References, compare_profiles
from sparkmon.panes import PaneBuilder, merge_panes
from sparkmon.profiles import reference_of
from sparkmon.protocol import decode_events, events_to_batch
from sparkmon.slicing import BlockSlices, slices_of
from sparkmon.store.reference_store import schemas_of
from tests.protocol.events import event

ROWS = 700
START = datetime(2026, 1, 5, tzinfo=timezone.utc)
PLACES = np.arange(ROWS)
CODES = PLACES % 7
TRUTH = PLACES % 4 == 0
DAYS = [date(2026, 1, 5) + timedelta(days=int(place % 300)) for place in PLACES]
TIMES = [START + timedelta(hours=int(place), milliseconds=250) for place in PLACES]
STAMPS = [time.timestamp() for time in TIMES]
DAY_STAMPS = [(day - date(1970, 1, 1)).days * 86_400 for day in DAYS]
BIG = [2**53 + 1 + 2 * int(code) for code in CODES]

TABLE: dict[str, pa.Array[Any]] = {
    "int": pa.array(CODES, pa.int64()),
    "float": pa.array([None if code == 3 else float(code) for code in CODES], pa.float64()),
    "millions": pa.array(CODES * 1e7 + 1e7, pa.float64()),
    "single": pa.array(CODES / 10, pa.float32()),
    "tenths": pa.array(CODES / 10, pa.float64()),
    "decimal": pa.array([Decimal(int(code)) / 4 for code in CODES], pa.decimal128(10, 2)),
    "big": pa.array(BIG, pa.int64()),
    "text": pa.array([f"00{code}" for code in CODES]),
    "flag": pa.array(TRUTH),
    "maybe": pa.array([None if place % 5 == 0 else bool(TRUTH[place]) for place in PLACES]),
    "day": pa.array(DAYS),
    "time": pa.array(TIMES, pa.timestamp("us", "UTC")),
}
CODES_IN_TABLE = ("int", "float", "millions", "single", "tenths", "decimal", "big")

Values = list[Any] | npt.NDArray[Any]
FORMS: dict[tuple[str, str], Values] = {
    ("int", "JSON 3"): CODES.tolist(),
    ("int", "JSON 3.0"): CODES.astype(float).tolist(),
    ("int", "INT32"): CODES.astype("<i4"),
    ("int", "FP32"): CODES.astype("<f4"),
    ("int", "FP64"): CODES.astype("<f8"),
    ("int", "FP16"): CODES.astype("<f2"),
    ("int", "text"): list(map(str, CODES)),
    ("float", "text"): [None if code == 3 else str(code) for code in CODES],
    ("float", "JSON 3"): [None if code == 3 else int(code) for code in CODES],
    ("float", "JSON 3.0"): [None if code == 3 else float(code) for code in CODES],
    ("float", "FP32"): np.where(CODES == 3, np.nan, CODES).astype("<f4"),
    ("millions", "JSON 3"): [int(code) * 10**7 + 10**7 for code in CODES],
    ("millions", "JSON 3.0"): [code * 1e7 + 1e7 for code in CODES.tolist()],
    ("millions", "FP32"): (CODES * 1e7 + 1e7).astype("<f4"),
    ("single", "FP32"): (CODES / 10).astype("<f4"),
    ("single", "JSON 3.0"): (CODES / 10).tolist(),
    ("tenths", "FP32"): (CODES / 10).astype("<f4"),
    ("tenths", "JSON 3.0"): (CODES / 10).tolist(),
    ("decimal", "JSON 3.0"): (CODES / 4).tolist(),
    ("decimal", "FP32"): (CODES / 4).astype("<f4"),
    ("decimal", "text"): [str(Decimal(int(code)) / 4) for code in CODES],
    ("decimal", "text of its type"): [f"{Decimal(int(code)) / 4:.2f}" for code in CODES],
    ("float", "text of a float"): [None if code == 3 else str(float(code)) for code in CODES],
    ("big", "JSON 3"): BIG,
    ("big", "INT64"): np.array(BIG, "<i8"),
    ("big", "text"): list(map(str, BIG)),
    ("text", "text"): [f"00{code}" for code in CODES],
    ("flag", "JSON true"): TRUTH.tolist(),
    ("flag", "JSON 3"): TRUTH.astype(int).tolist(),
    ("flag", "JSON 3.0"): TRUTH.astype(float).tolist(),
    ("flag", "text"): [str(flag) for flag in TRUTH],
    ("flag", "BOOL"): TRUTH,
    ("flag", "INT32"): TRUTH.astype("<i4"),
    ("flag", "FP32"): TRUTH.astype("<f4"),
    ("maybe", "JSON true"): TABLE["maybe"].to_pylist(),
    ("maybe", "JSON 3"): [None if flag is None else int(flag) for flag in TABLE["maybe"].to_pylist()],
    ("maybe", "FP32"): np.array([np.nan if flag is None else flag for flag in TABLE["maybe"].to_pylist()], "<f4"),
    ("maybe", "text"): [None if flag is None else str(flag).lower() for flag in TABLE["maybe"].to_pylist()],
    ("day", "text"): list(map(str, DAYS)),
    ("day", "text with a time"): [f"{day}T00:00:00Z" for day in DAYS],
    ("day", "JSON 3"): DAY_STAMPS,
    ("day", "milliseconds"): [stamp * 1000 for stamp in DAY_STAMPS],
    ("day", "microseconds"): [stamp * 10**6 for stamp in DAY_STAMPS],
    ("day", "INT64"): np.array(DAY_STAMPS, "<i8"),
    ("day", "FP64"): np.array(DAY_STAMPS, "<f8"),
    ("time", "text"): [time.isoformat() for time in TIMES],
    ("time", "text without a zone"): [time.isoformat(" ")[:-6] for time in TIMES],
    ("time", "text of elsewhere"): [time.astimezone(timezone(timedelta(hours=-5))).isoformat() for time in TIMES],
    ("time", "JSON 3.0"): STAMPS,
    ("time", "milliseconds"): [round(stamp * 1e3) for stamp in STAMPS],
    ("time", "microseconds"): [round(stamp * 1e6) for stamp in STAMPS],
    ("time", "FP64"): np.array(STAMPS, "<f8"),
    ("time", "INT64"): np.array([round(stamp * 1e3) for stamp in STAMPS], "<i8"),
}
CHANGED: dict[str, Values] = {
    "int": (CODES + 100).tolist(),
    "float": [0.5] * ROWS,
    "millions": [1.0] * ROWS,
    "single": (CODES / 10 + 0.01).tolist(),
    "tenths": (CODES / 10 + 0.01).tolist(),
    "decimal": (CODES / 4 + 0.01).tolist(),
    "big": [number + 1 for number in BIG],
    "text": CODES.tolist(),
    "flag": (~TRUTH).tolist(),
    "maybe": TRUTH.astype(int).tolist(),
    "day": [str(day + timedelta(days=200)) for day in DAYS],
    "time": [1000 * stamp + 4e9 for stamp in STAMPS],
}
CHECKS = Checks(statistics=("ks", "psi", "null_rate", "nan_rate", "type_rate", "unseen_rate"))


@pytest.fixture(scope="module")
def references(spark: SparkSession) -> pa.Table:
    table = spark.createDataFrame(pa.table(TABLE))
    codes = dict.fromkeys(CODES_IN_TABLE, "categorical")
    made = reference_of(table, "iris", kinds=codes, slices=["int", "flag", "flag = 'true'", "big"])  # type: ignore[arg-type]
    return made.toArrow()


def requests(name: str, values: Values) -> pa.RecordBatch:
    """Log rows in requests of 100: arrays as tensors, lists as JSON."""
    bodies: Iterable[bytes]
    if isinstance(values, np.ndarray):
        bodies = (tensor(name, values[at : at + 100]) for at in range(0, ROWS, 100))
    else:
        bodies = (
            json.dumps({"instances": [{name: value} for value in values[at : at + 100]]}).encode()
            for at in range(0, ROWS, 100)
        )
    return events_to_batch([event(body, event_id=str(at)) for at, body in enumerate(bodies)])


def tensor(name: str, values: npt.NDArray[Any]) -> bytes:
    letters = {"f": "FP", "i": "INT", "b": "BOOL"}[values.dtype.kind]
    datatype = letters if letters == "BOOL" else f"{letters}{8 * values.dtype.itemsize}"
    data = [None if value != value else value for value in values.tolist()]
    one = {"name": name, "datatype": datatype, "shape": [len(values)], "data": data}
    return json.dumps({"inputs": [one]}).encode()


def findings(references: pa.Table, name: str, values: Values, whole: bool = True) -> dict[Any, dict[str, Any]]:
    [schema] = schemas_of(references)
    builder = PaneBuilder(24 * 3600 * 10**6, slices=BlockSlices(slices_of(references)))
    for decoded in decode_events(requests(name, values), {"iris": schema}):
        assert not decoded.reasons
        for block in decoded.blocks:
            builder.add(block)
    profiles = merge_panes(builder.build()).drop_columns(["last_event_time"])
    rows = compare_profiles(profiles, References(references, CHECKS), CHECKS).to_pylist()
    return {
        (row["slice_key"], row["slice_value"], row["statistic"]): row
        for row in rows
        if row["column_name"] == name and (row["slice_key"] is None) is whole
    }


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_equal_values_give_0(references: pa.Table, name: str, form: str) -> None:
    by_statistic = findings(references, name, FORMS[name, form])
    values = {statistic: row["value"] for (_, _, statistic), row in by_statistic.items()}
    assert values == pytest.approx(dict.fromkeys(values, 0.0), abs=1e-9)
    assert {"ks", "type_rate"} <= {*values} or {"psi", "unseen_rate"} <= {*values}
    assert {row["current_count"] for row in by_statistic.values()} <= {ROWS, ROWS * 6 // 7, 560}


@pytest.mark.parametrize("name", CHANGED)
def test_a_change_is_found(references: pa.Table, name: str) -> None:
    rows = findings(references, name, CHANGED[name])
    assert "drift" in {row["status"] for row in rows.values()}


@pytest.mark.parametrize(
    ("name", "form"), [("int", "FP32"), ("int", "JSON 3.0"), ("flag", "FP32"), ("flag", "JSON 3"), ("big", "JSON 3")]
)
def test_equal_values_are_in_the_slices_of_the_reference(references: pa.Table, name: str, form: str) -> None:
    rows = findings(references, name, FORMS[name, form], whole=False)
    own = {(key, value) for key, value, _ in rows if key.startswith(name)}
    expected = {
        (row["slice_key"], row["slice_value"])
        for row in references.to_pylist()
        if (row["slice_key"] or "").startswith(name)
    }
    assert not own ^ expected
    assert ":other" not in {value for _, value in own}
