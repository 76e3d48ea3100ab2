"""What every writer of tables does: the tests that each of them passes."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest

from sparkmon.distributions.schema import PROFILES
from sparkmon.errors import OptionError
from sparkmon.tables import TableWriter

START = datetime(2026, 3, 1, 10, 0, 0, 123457, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


def counts(*numbers: int | None) -> pa.Table:
    return pa.table({"number": pa.array(numbers, pa.int64())})


def profiles(*hours: int) -> pa.Table:
    """Give a row per hour: with maps, lists, structs, bytes, and nulls in each of them."""
    rows = [
        {
            "model": f"m{hour % 2}",
            "model_version": "1",
            "window_start": START + hour * HOUR,
            "window_end": START + (hour + 1) * HOUR,
            "slice_key": "origin" if hour % 2 else None,
            "slice_value": "Zürich 🛫" if hour % 2 else None,
            "column_name": "delay",
            "column_kind": "feature",
            "profile": {
                "count": 2**53 + hour,
                "min": float("-inf"),
                "max": float("nan") if hour % 3 else None,
                "sketch": bytes([0, 255, hour % 256]),
                "frequent_items": [("b", 1), ("a", None)] if hour % 2 else None,
                "vector": [0.1, None] if hour % 3 else [],
            },
        }
        for hour in hours
    ]
    return pa.Table.from_pylist(rows, schema=PROFILES)


def as_rows(table: pa.Table | None) -> list[str]:
    assert table is not None
    rows = [{name: row[name] for name in sorted(row)} for row in table.to_pylist()]
    return sorted(repr(row) for row in rows)  # as text, because NaN is not equal to itself


class WriterContract:
    """Tests of one writer; ``other`` is a second instance on the same tables."""

    def test_a_batch_is_appended_once(self, writer: TableWriter, other: TableWriter) -> None:
        batches = [("q", 0), ("q", 0), ("q", 1), ("q", 1), ("q", 0), ("r", 0)]
        answers = [writer.append(counts(batch), "seen", writer=name, batch_id=batch) for name, batch in batches]
        assert answers == [True, False, True, False, False, True]
        assert not other.append(counts(1), "seen", writer="q", batch_id=1)
        assert writer.append(counts(1), "new", writer="q", batch_id=7)
        assert not other.append(counts(1), "new", writer="q", batch_id=7)
        assert as_rows(writer.read("seen")) == as_rows(counts(0, 1, 0))
        assert [writer.last_batch("seen", name) for name in "qrs"] == [1, 0, None]
        assert writer.last_batch("unseen", "q") is None

    def test_rows_without_a_batch_are_appended_each_time(self, writer: TableWriter) -> None:
        assert [writer.append(counts(1), "some") for _ in range(2)] == [True, True]
        assert as_rows(writer.read("some")) == as_rows(counts(1, 1))

    def test_an_empty_batch_is_a_batch(self, writer: TableWriter) -> None:
        assert writer.append(counts(), "empty", writer="q", batch_id=4)
        assert not writer.append(counts(1), "empty", writer="q", batch_id=4)
        assert as_rows(writer.read("empty")) == []

    def test_every_type_comes_back_as_it_was(self, writer: TableWriter) -> None:
        rows = profiles(0, 1, 2, 3)
        writer.append(rows.slice(0, 2), "profiles")
        writer.append(rows.slice(2), "profiles")
        assert as_rows(writer.read("profiles")) == as_rows(rows)
        column = writer.read("profiles", ["window_end"])
        assert column is not None
        assert column.schema.field("window_end").type == pa.timestamp("us", "UTC")

    @pytest.mark.parametrize(
        ("where", "hours"),
        [
            ([("window_start", ">=", START + HOUR), ("window_start", "<", START + 3 * HOUR)], [1, 2]),
            ([("window_end", "<=", START + HOUR)], [0]),
            ([("window_end", ">", START + 3 * HOUR)], [3]),
            ([("window_start", "=", START + 2 * HOUR)], [2]),
            ([("window_start", "!=", START)], [1, 2, 3]),
            ([("window_start", "in", [START, START + 3 * HOUR])], [0, 3]),
            ([("model", "=", "m1")], [1, 3]),
            ([("model", "in", [])], []),
            ([("slice_key", "not null", None), ("window_start", ">", START + HOUR)], [3]),
        ],
    )
    def test_conditions_choose_rows(
        self, writer: TableWriter, where: list[tuple[str, str, Any]], hours: list[int]
    ) -> None:
        for hour in range(4):
            writer.append(profiles(hour), "profiles")
        rows = writer.read("profiles", ["window_start"], where)
        assert as_rows(rows) == as_rows(profiles(*hours).select(["window_start"]))

    def test_a_table_or_a_column_that_is_not_there_is_none(self, writer: TableWriter) -> None:
        assert writer.read("none") is None
        writer.append(counts(1), "one")
        assert writer.read("one", ["number", "colour"]) is None
        assert writer.read("one", ["number"], [("colour", "=", "red")]) is None
        with pytest.raises(OptionError, match="got where='like'; expected one of =, !="):
            writer.read("one", where=[("number", "like", 1)])

    def test_a_later_version_adds_columns(self, writer: TableWriter, other: TableWriter) -> None:
        other.append(counts(1), "wider")
        later = counts(2).append_column("colour", pa.array(["red"]))
        writer.append(later, "wider")
        other.append(counts(3), "wider")  # by the earlier version
        expected = [(1, None), (2, "red"), (3, None)]
        for each in (writer, other):
            rows = each.read("wider")
            assert rows is not None
            assert sorted(zip(*rows.to_pydict().values(), strict=True)) == expected

    def test_prepare_makes_and_widens_a_table(self, writer: TableWriter) -> None:
        schema = pa.schema([pa.field("number", pa.int64(), nullable=False)])
        for _ in range(2):
            writer.prepare("made", schema)
        writer.prepare("made", schema.append(pa.field("colour", pa.string())))
        rows = writer.read("made")
        assert rows is not None
        assert (rows.num_rows, rows.column_names) == (0, ["number", "colour"])

    def test_one_of_two_replacements_wins(self, writer: TableWriter, other: TableWriter) -> None:
        assert writer.version("leases") is None
        assert writer.replace("leases", counts(1), None)
        assert not other.replace("leases", counts(2), None)
        version = other.version("leases")
        assert version is not None
        assert version == writer.version("leases")
        assert other.replace("leases", counts(3, 4), version)
        assert not writer.replace("leases", counts(5), version)
        assert as_rows(writer.read("leases")) == as_rows(counts(3, 4))
        writer.append(counts(6), "leases")
        assert not other.replace("leases", counts(7), version + 1)
        assert other.replace("leases", counts(8), version + 2)
        assert as_rows(writer.read("leases")) == as_rows(counts(8))
