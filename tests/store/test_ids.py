"""Which row an id finds: the one whose key it is, whatever a database would convert or fold."""

from datetime import date, datetime, timezone
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from sparkmon.errors import StoreError
from sparkmon.store import GroupInView, OnlineStore, SqlStore
from tests.support.online_reads import read_rows, read_vectors, view_of

NEVER: list[Any] = [None, True, False, 1.5, float("nan"), float("inf"), 2**70, -(2**70), 10**5000, b"7", [], {}]


def found(store: OnlineStore, ids: list[Any], group: str = "g", column: str = "v") -> list[Any]:
    """Read one column of the row that each id finds; None if it finds none."""
    rows = read_rows(store, group, [column], [{"id": each} for each in ids])
    return [row and row[column] for row in rows]


def test_an_integer_is_found_by_what_is_that_integer(store: OnlineStore) -> None:
    store.write_rows("g", ["id"], [{"id": i, "v": i // 2} for i in (0, 1, 7, -7, 2**63 - 1)])
    asked = [7, 7.0, "7", "-7", "0", 0, -0.0, 2**63 - 1, "9223372036854775807", 7]
    assert found(store, asked) == [3, 3, 3, -4, 0, 0, 0, 2**62 - 1, 2**62 - 1, 3]
    near = ["7abc", " 7", "7 ", "07", "7.0", "+7", "1e0", "", "\u0667", "0x7", float(2**63), "9" * 30]
    assert found(store, [*near, *NEVER]) == [None] * (len(near) + len(NEVER))


def test_text_is_found_to_the_letter(store: OnlineStore) -> None:
    held = ["", "A", "a", "a ", "\u00e9", "e", "7", "0", "'; DROP TABLE g; --", "\\", "%s"]
    store.write_rows("g", ["id"], [{"id": each, "v": each} for each in held])
    assert found(store, held) == held
    assert found(store, [7, 0, "a", "A"]) == ["7", "0", "a", "A"]
    near = ["A ", " a", "E", "\u00c9", "e\u0301", "07", "7.0", 7.0, "\ud800", "a\0", "x" * 4000]
    never = [*near, *[each for each in NEVER if each != b"7"], b"a"]
    assert found(store, never) == [None] * len(never)


def test_bytes_dates_and_times_are_keys_too(store: OnlineStore) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
    keys: list[Any] = [b"a\xff", date(2026, 11, 23), noon]
    for place, key in enumerate(keys):
        store.write_rows(f"g{place}", ["id"], [{"id": key, "v": place}])
    assert found(store, [b"a\xff", b"A\xff", "a", 97], "g0") == [0, None, None, None]
    assert found(store, [keys[1], "2026-11-23", noon, "today", 20261123], "g1") == [1, 1] + [None] * 3
    assert found(store, [noon, "2026-11-23T12:00:00Z"[:-1], keys[1], "noon"], "g2") == [2, 2, None, None]


def test_an_entry_without_an_id_is_missing_in_that_group_alone(store: OnlineStore) -> None:
    store.write_rows("g", ["a", "b"], [{"a": 0, "b": "", "v": 1}, {"a": 1, "b": "x", "v": 2}])
    store.write_rows("h", ["a"], [{"a": 0, "w": 3}])
    view = view_of(
        GroupInView("g", {"b": "second", "a": "first"}, {"v": "v"}), GroupInView("h", {"a": "first"}, {"w": "w"})
    )
    entries: list[Any] = [{"first": 0, "second": ""}, {"first": 0}, {"second": "x", "first": 1}, {}]
    made = read_vectors(store, view, entries)
    assert made.values == [[1, 3], [None, 3], [2, None], [None, None]]
    assert made.missing == {"g": [1, 3], "h": [2, 3]}


def test_more_ids_than_a_statement_takes(store: OnlineStore) -> None:
    store.write_rows("g", ["id", "k"], [{"id": i, "k": "k", "v": -i} for i in range(1500)])
    asked = [{"id": i % 1600, "k": "k"} for i in range(3200)]
    rows = read_rows(store, "g", ["v"], asked)
    assert rows == [{"v": -i} if i < 1500 else None for i in [*range(1600)] * 2]


def test_a_table_that_folds_case_and_blanks_does_not_decide(database: str) -> None:
    engine = create_engine(make_url(database).set(drivername="mysql+pymysql"))
    with engine.begin() as connection:
        # As Hopsworks declares them, in a collation that folds.
        connection.execute(
            text(
                "CREATE TABLE g (id VARCHAR(100) COLLATE utf8mb4_general_ci PRIMARY KEY, v TINYINT, "
                "t TIMESTAMP NULL, f FLOAT, n DECIMAL(10, 2)) CHARACTER SET utf8mb4"
            )
        )
        connection.execute(
            text("INSERT INTO g VALUES ('A', 1, '2026-11-23 12:00:00', 0.5, 1.5), ('7abc', 2, NULL, NULL, NULL)")
        )
        connection.execute(text("CREATE TABLE d (id DOUBLE PRIMARY KEY, v INT)"))
    engine.dispose()
    store = SqlStore(database)
    assert found(store, ["A", "a", "A ", 7, "7ABC", "7abc", 0]) == [1, None, None, None, None, 2, None]
    noon = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
    assert found(store, ["A"], column="t") == [noon]
    with pytest.raises(StoreError, match="the key 'id' of the feature group 'd' holds a number"):
        found(store, [1], "d")
