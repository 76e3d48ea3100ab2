"""The account that every fault must leave whole: what went in is in the tables once, or named as late or broken."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from sparkmon.health import MONITOR
from sparkmon.tables import Tables
from tests.faults.traffic import Book, Column, Whole

__all__ = ["Account", "alert_ids", "check_account", "contents"]

_WINDOW = ("model", "model_version", "window_start", "window_end", "slice_key", "slice_value")
_COLUMN = (*_WINDOW, "column_name", "column_kind")
_FINDING = (*_COLUMN, "drift_type", "reference", "statistic", "status")


@dataclass(frozen=True)
class Account:
    """What came out."""

    profiled: int
    """Rows of features in windows."""
    late: int
    letters: int
    alerts: int


def contents(spark: SparkSession, tables: Path, name: str) -> list[dict[str, Any]]:
    """Read a table; one that is not there is empty."""
    frame = Tables(f"{tables}/").find_all(spark, name, [])
    rows: list[dict[str, Any]] = [] if frame is None else frame.toArrow().to_pylist()
    return rows


def alert_ids(spark: SparkSession, tables: Path) -> set[str]:
    """Read the ids of the alerts on models; one that is there twice fails."""
    rows = contents(spark, tables, "alerts")
    assert _twice(row["alert_id"] for row in rows) == []
    return {row["alert_id"] for row in rows if row["model"] != MONITOR}


def check_account(
    spark: SparkSession, tables: Path, book: Book, *, late: int = 0, letters_once: bool = True
) -> Account:
    """Fail unless the tables hold what went in, once.

    Parameters
    ----------
    spark : SparkSession
        Reads the tables.
    tables : Path
        Their directory.
    book : Book
        What went in; where rows were late, without those.
    late : int
        How many rows of features were counted as late, beside the book.
    letters_once : bool
        Whether a dead letter must not be there twice.
    """
    profiles = contents(spark, tables, "profiles")
    assert _twice(tuple(row[name] for name in _COLUMN) for row in profiles) == []
    found = {_column(row): _whole(row["profile"]) for row in profiles if row["column_kind"] != "event"}
    expected = book.whole()
    assert {column: whole.rows for column, whole in found.items()} == {
        column: whole.rows for column, whole in expected.items()
    }
    for column, whole in expected.items():
        assert found[column].total == pytest.approx(whole.total, rel=1e-9), column
    findings = contents(spark, tables, "drift_metrics")
    assert _twice(tuple(row[name] for name in _FINDING) for row in findings) == []
    assert {_window(row) for row in findings} == {_window(row) for row in profiles}
    letters = [row["event_id"] for row in contents(spark, tables, "dead_letters")]
    assert not letters_once or _twice(letters) == []
    assert {*letters} == {*book.letters}
    profiled = sum(whole.rows for column, whole in found.items() if column.name == "amount")
    return Account(profiled, late, len({*letters}), len(alert_ids(spark, tables)))


def _column(row: dict[str, Any]) -> Column:
    return Column(row["model"], row["model_version"], row["window_start"], row["column_name"], row["column_kind"])


def _window(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _WINDOW)


def _whole(profile: dict[str, Any]) -> Whole:
    numbers = profile["num_numbers"]
    return Whole(profile["count"], profile["avg"] * numbers if numbers else 0.0)


def _twice(things: Any) -> list[Any]:  # noqa: ANN401 - keys of any kind
    return [thing for thing, count in Counter(things).items() if count > 1]
