"""Two of three windows, or twice the limit; the same whether windows come together or one by one."""

from datetime import datetime, timedelta, timezone

import pyarrow as pa
import pytest

from sparkmon.comparison import confirm
from sparkmon.comparison.schema import DRIFT_METRICS

MIDNIGHT = datetime(2026, 11, 23, tzinfo=timezone.utc)
VALUES = {".": 0.05, "x": 0.15, "X": 0.35, "?": 9.0, "p": 0.35}
"""By sign: within the limit of 0.1, over it, over twice of it, a window of too few rows, and one still open."""


def findings(signs: str, first: int = 0, column: str = "a") -> pa.Table:
    rows = []
    for hour, sign in enumerate(signs, first):
        status = {"?": "too_few_rows", ".": "ok", "p": "provisional"}.get(sign, "drift")
        row = dict.fromkeys(DRIFT_METRICS.names) | {
            "model": "m",
            "model_version": "",
            "window_start": MIDNIGHT + timedelta(hours=hour),
            "window_end": MIDNIGHT + timedelta(hours=hour + 1),
            "slice_key": None,
            "slice_value": None,
            "column_name": column,
            "column_kind": "feature",
            "drift_type": "BASELINE",
            "reference": "training",
            "statistic": "ks",
            "value": VALUES[sign],
            "noise": 0.01,
            "sketch_error": 0.0,
            "limit": 0.1,
            "status": status,
            "reason": "",
        }
        rows.append(row)
    return pa.Table.from_pylist(rows, DRIFT_METRICS)


def confirmed(findings: pa.Table) -> str:
    rows = findings.sort_by("window_start").to_pylist()
    return "".join("!" if row["confirmed"] else "." for row in rows)


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        ("..x..", "....."),
        (".xx..", "..!.."),
        (".x.x.", "...!."),
        (".x..x", "....."),
        ("..X..", "..!.."),
        ("xxx.x", ".!!.!"),
        ("x??x.", "...!."),  # too few rows say neither yes nor no
        ("?????", "....."),
        ("px..x", "....."),  # neither do provisional findings
        ("x", "."),
        ("X", "!"),
    ],
)
def test_two_of_three_confirm_and_so_does_twice_the_limit(signs: str, expected: str) -> None:
    whole = confirm(findings(signs))
    assert confirmed(whole) == expected
    assert whole.schema.names == DRIFT_METRICS.names
    one_by_one = ""
    for hour in range(len(signs)):
        earlier = findings(signs[:hour]) if hour else None
        one_by_one += confirmed(confirm(findings(signs[hour], hour), earlier))
    assert one_by_one == expected


def test_statistics_of_one_column_confirm_each_other() -> None:
    other = findings("..x")
    place = other.schema.get_field_index("statistic")
    psi: pa.Array = pa.array(["psi"] * 3)  # type: ignore[type-arg]
    other = other.set_column(place, other.schema.field(place), psi)
    both = confirm(pa.concat_tables([findings(".x."), other]))
    rows = {(row["statistic"], row["window_start"].hour): row for row in both.to_pylist()}
    assert [key for key, row in rows.items() if row["confirmed"]] == [("psi", 2)]


def test_windows_that_overlap_do_not_confirm_each_other() -> None:
    """Of windows of two hours that begin each hour, every other one counts."""
    rows = findings(".xx.x.").to_pylist()
    for row in rows:
        row["window_end"] += timedelta(hours=1)
    sliding = confirm(pa.Table.from_pylist(rows, DRIFT_METRICS))
    assert confirmed(sliding) == "....!."


def test_columns_do_not_confirm_each_other() -> None:
    both = pa.concat_tables([findings(".x."), findings("x..", column="b")])
    assert not any(confirm(both)["confirmed"].to_pylist())
