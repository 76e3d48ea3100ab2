"""What is kept of earlier findings is enough for the next window to be judged as all together are."""

from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.comparison import Checks, Judge
from sparkmon.distributions.schema import PROFILES
from sparkmon.interval import EPOCH
from sparkmon.monitor.recent_findings import RecentFindings
from sparkmon.panes import merge_panes
from sparkmon.tables import Tables
from tests.support.panes import HOUR, MIDNIGHT, panes_of, reference_table

HOURS = 24


def windows(panes: pa.Table, hours: int) -> list[pa.Table]:
    """Merge panes of an hour to windows of some hours, one beginning each hour."""
    made = []
    for first in range(HOURS - hours + 1):
        start, end = MIDNIGHT + first * HOUR, MIDNIGHT + (first + hours) * HOUR
        rows = [row for row in panes.to_pylist() if start <= row["window_start"] < end]
        bounds = [row | {"window_start": start, "window_end": end} for row in rows]
        made.append(merge_panes(pa.Table.from_pylist(bounds, panes.schema)))
    return made


@pytest.mark.slow
@pytest.mark.parametrize("hours", [1, 4])
def test_one_window_after_the_other_is_judged_as_all_together(tmp_path: str, hours: int) -> None:
    random = np.random.default_rng(9)
    values = random.normal(0.12 * (np.arange(HOURS * 200) > 1_000), 1)
    references = reference_table("m", {"x": random.normal(size=200 * 200)}, blocks=200)
    checks = Checks(("ks", "js"), history=())
    judge = Judge(references, checks, step_s=3_600, lengths=[f"{hours} hours"])
    each = windows(panes_of("m", MIDNIGHT, {"x": values}, length=HOURS * HOUR), hours)
    together = judge.findings(pa.concat_tables(each).select(PROFILES.names))
    recent = RecentFindings(judge.confirmation_lookback_s)
    tables = Tables(str(tmp_path)).open(None)
    one_by_one = []
    for window in each:
        earlier = recent.before(tables, ["m"], EPOCH + timedelta(days=1))
        findings = judge.findings(window.select(PROFILES.names), earlier)
        recent.add(findings)
        one_by_one.append(findings)
    keys: Any = [("window_start", "ascending"), ("statistic", "ascending")]
    names = ["window_start", "statistic", "status", "confirmed", "cusum", "explanation"]
    expected = together.sort_by(keys).select(names).to_pylist()
    assert pa.concat_tables(one_by_one).sort_by(keys).select(names).to_pylist() == expected
    assert any(row["confirmed"] for row in expected)
