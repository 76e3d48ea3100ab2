"""What every store promises of online rows, asked of every implementation."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from sparkmon.errors import OptionError, StoreError
from sparkmon.store import GroupInView, OnlineStore
from tests.support.online_reads import read_rows, read_vectors, view_of

HOSTILE = 'it\'s \\ "a" `model`; -- %s %(x)s :x ?\n\u00e9'
LIST = '["null", {"type": "array", "items": ["null", "double"]}]'
STRUCT = """{"type": "record", "name": "r1", "fields": [
    {"name": "city", "type": ["null", "string"]}, {"name": "visits", "type": "long"}]}"""
NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=timezone.utc)


def test_values_come_back_as_they_were_written(store: OnlineStore) -> None:
    rows: list[dict[str, Any]] = [
        {"id": 2**62, "on": True, "raw": b"\x00\xff", "name": "it's \U0001f600", "share": 0.1},
        {"id": -1, "on": False, "raw": None, "name": "", "share": None},
        {"id": 0, "on": None, "raw": b"", "name": "1.0 ", "share": 1e300},
    ]
    rows[0] |= {"day": date(2026, 2, 28), "at": NOON, "price": Decimal("12345678901234.5678")}
    rows[1] |= {"day": None, "at": None, "price": None}
    rows[2] |= {"day": date(1970, 1, 1), "at": NOON, "price": Decimal(-1)}
    rows = [row | {"none": None} for row in rows]
    store.write_rows("customers", ["id"], rows)
    asked = [{"id": 0}, {"id": 5}, {"id": 2**62}, {"id": -1}, {"id": 0}]
    found = read_rows(store, "customers", list(rows[0]), asked, booleans=("on",))
    assert found == [rows[2], None, rows[0], rows[1], rows[2]]
    assert [type(row["on"]) for row in found if row] == [type(None), bool, bool, type(None)]
    assert [row["at"].tzinfo for row in found if row and row["at"]] == [timezone.utc] * 3


def test_scalars_of_numpy_are_pythons(store: OnlineStore) -> None:
    row: dict[str, Any] = {"id": np.int64(7), "share": np.float64(0.5), "on": np.bool_(True)}
    store.write_rows("g", ["id"], [row | {"name": np.str_("x")}])
    names = ["share", "on", "name"]
    assert read_rows(store, "g", names, [{"id": 7}], booleans=("on",)) == [{"share": 0.5, "on": True, "name": "x"}]


def test_a_value_of_no_type_is_refused(store: OnlineStore) -> None:
    with pytest.raises(OptionError, match="got timedelta in the column 'x' of 'g'; expected bool, int"):
        store.write_rows("g", ["id"], [{"id": 1, "x": timedelta(1)}])  # type: ignore[dict-item]


def test_times_of_other_zones_are_kept_in_utc(store: OnlineStore) -> None:
    here = NOON.astimezone(timezone(timedelta(hours=-8)))
    store.write_rows("g", ["id"], [{"id": 1, "at": here}, {"id": 2, "at": NOON.replace(tzinfo=None)}])
    view = view_of(GroupInView("g", {"id": "id"}, {}, time="at"))
    made = read_vectors(store, view, [{"id": 2}, {"id": 9}, {"id": 1}])
    assert made.times == {"g": [NOON, None, NOON]}


def test_lists_and_structs_are_kept_as_avro(store: OnlineStore) -> None:
    rows: list[dict[str, Any]] = [
        {"id": 1, "last": [1.5, None], "home": {"city": "Oslo", "visits": 2**40}},
        {"id": 2, "last": None, "home": None},
    ]
    avro = {"last": LIST, "home": STRUCT}
    store.write_rows("g", ["id"], rows, avro=avro)
    assert read_rows(store, "g", ["last", "home"], [{"id": 2}, {"id": 1}], avro=avro) == [
        {"last": None, "home": None},
        {"last": [1.5, None], "home": {"city": "Oslo", "visits": 2**40}},
    ]
    with pytest.raises(StoreError, match="the column 'home' of 'g' holds"):
        read_rows(store, "g", ["home"], [{"id": 1}], avro={"home": LIST})
    with pytest.raises(OptionError, match="'avro' is missing"):
        store.write_rows("h", ["id"], [{"id": 1, "last": [1.0]}])
    with pytest.raises(OptionError, match=r"got \['x'\] for the column 'last' of 'g'"):
        store.write_rows("g", ["id"], [{"id": 1, "last": ["x"]}], avro=avro)


def test_a_row_with_the_same_key_is_replaced_whole(store: OnlineStore) -> None:
    first: list[dict[str, Any]] = [{"a": 1, "b": "x", "v": 1.5, "w": 1}, {"a": 1, "b": "y", "v": 2.5, "w": 2}]
    store.write_rows("g", ["a", "b"], first)
    store.write_rows("g", ["b", "a"], [{"a": 1, "b": "x", "v": 8.0}, {"a": 1, "b": "x", "v": 9.5}])
    keys = [{"a": 1, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "x"}]
    assert read_rows(store, "g", ["v", "w"], keys) == [{"v": 9.5, "w": None}, {"v": 2.5, "w": 2}, None]


def test_names_may_hold_anything(store: OnlineStore) -> None:
    rows: list[dict[str, Any]] = [{HOSTILE: HOSTILE, "select": 1}, {HOSTILE: "", "select": 2}]
    store.write_rows(HOSTILE, [HOSTILE], rows)
    keys = [{HOSTILE: HOSTILE}, {HOSTILE: "' OR 1=1 --"}, {HOSTILE: ""}]
    assert read_rows(store, HOSTILE, ["select"], keys) == [{"select": 1}, None, {"select": 2}]


def test_nan_is_null(store: OnlineStore) -> None:
    store.write_rows("g", ["id"], [{"id": 1, "v": float("nan")}, {"id": 2, "v": 0.5}])
    assert read_rows(store, "g", ["v"], [{"id": 1}, {"id": 2}]) == [{"v": None}, {"v": 0.5}]


def test_an_unknown_group_or_column_is_a_store_error(store: OnlineStore) -> None:
    with pytest.raises(StoreError):
        read_rows(store, "absent", ["v"], [{"id": 1}])
    store.write_rows("g", ["id"], [{"id": "nothing"}])
    with pytest.raises(StoreError, match="absent"):
        read_rows(store, "absent", ["v"], [{"id": 1}])
    with pytest.raises(StoreError, match="'nothing' in the feature group 'g'; its columns are id"):
        read_rows(store, "g", ["id"], [{"nothing": "nothing"}])


def test_rows_that_do_not_fit_are_refused(store: OnlineStore) -> None:
    with pytest.raises(OptionError, match="'key' is missing"):
        store.write_rows("g", ["id"], [{"id": 1}, {"v": 2}])
    with pytest.raises(OptionError, match="'key' is missing"):
        store.write_rows("g", [], [{"id": 1}])
    with pytest.raises(OptionError, match="got float, str in the column 'v' of 'g'; give it one"):
        store.write_rows("g", ["id"], [{"id": 1, "v": 1.5}, {"id": 2, "v": "x"}])
    store.write_rows("g", ["id"], [{"id": 1, "v": 2}])
    with pytest.raises(OptionError, match=r"'w'.*'g' lacks; its columns are id, v"):
        store.write_rows("g", ["id"], [{"id": 1, "w": 2}])
    with pytest.raises(OptionError, match=r"got key=\['v'\]; expected the primary key of 'g'.* id"):
        store.write_rows("g", ["v"], [{"id": 1, "v": 2}])
    with pytest.raises(OptionError, match=r"got 1\.5 for the column 'v' of 'g'.*an integer"):
        store.write_rows("g", ["id"], [{"id": 3, "v": 3}, {"id": 4, "v": 1.5}])
    store.write_rows("g", ["id"], [])
    found = read_rows(store, "g", ["v"], [{"id": 1}, {"id": 3}])
    assert found == [{"v": 2}, None]


def test_rows_are_written_together_or_not_at_all(store: OnlineStore) -> None:
    store.write_rows("g", ["id"], [{"id": 1, "v": 1}])
    with pytest.raises(StoreError, match="writing 'g' failed"):
        store.write_rows("g", ["id"], [{"id": 1, "v": 2}, {"id": 2, "v": 2**64}])
    assert read_rows(store, "g", ["v"], [{"id": 1}, {"id": 2}]) == [{"v": 1}, None]
