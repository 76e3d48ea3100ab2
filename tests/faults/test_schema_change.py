"""A model whose columns change while it is watched: every row is counted under the columns that it had, and told."""

import pytest

from tests.faults.accounts import check_account, contents
from tests.faults.desk import Desk
from tests.faults.report import Report
from tests.faults.traffic import Traffic
from tests.support.traffic import MIDNIGHT

SIZE, PARTS = 50, 6


@pytest.mark.faults
def test_a_schema_that_changes_loses_no_row_and_is_told(desk: Desk, report: Report) -> None:
    traffic = Traffic(71)

    def hour(at: int, version: str = "", **changes: str | None) -> None:
        """Log an hour in which columns have other values (None: are gone)."""
        events = []
        for part in range(PARTS):
            drawn = [row | changes for row in traffic.rows(SIZE)]
            rows = [{k: v for k, v in row.items() if v is not None} for row in drawn]
            events.append(traffic.request("shop", 60 * at + 1 + 9 * part, rows, version))
        desk.log("spool", events)

    hour(0)
    hour(1, colour="red")
    hour(2, kind=None)
    desk.watch("spool", "checkpoints", flush=False)
    hour(3, amount="12,50")
    hour(4, version="2")
    assert desk.watch("spool", "checkpoints") == 0
    account = check_account(desk.spark, desk.tables, traffic.book)
    report.row("columns appear, vanish, change type; new version", 1, traffic.book, account)
    told = {
        ((row["window_start"] - MIDNIGHT).seconds // 3600, row["model_version"], row["column_name"], row["statistic"])
        for row in contents(desk.spark, desk.tables, "drift_metrics")
        if row["status"] in ("drift", "over_limit")
    }
    assert {
        (1, "", "colour", "extra_column"),
        (2, "", "kind", "missing_column"),
        (3, "", "amount", "type_rate"),
    } <= told
    # The new version is judged by the reference of the model as such, and nothing of it has changed.
    assert {each for each in told if each[0] in (0, 4)} == set()
