"""A monitor's closer over tables of delta-rs, with panes of two models; no Spark."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.alerts import Alerting, AlertManager
from sparkmon.comparison import Checks, Judge
from sparkmon.health import Counters
from sparkmon.monitor.closer import Closer
from sparkmon.monitor.leases import Leases
from sparkmon.monitor.windows import Windows
from sparkmon.state import PANES as INGESTED_PANES
from sparkmon.tables import Tables, TableWriter
from tests.support.panes import HOUR, MIDNIGHT, panes_of, reference_table

__all__ = ["MINUTE", "SIZE", "CloserDesk", "desk", "traffic"]

RANDOM = np.random.default_rng(8)
TRAINING = {"amount": RANDOM.normal(50, 10, 3000), "age": RANDOM.normal(40, 5, 3000)}
SIZE = 600
MINUTE = timedelta(minutes=1)


class CloserDesk:
    """A monitor's closer over tables, as one query of it sees them."""

    def __init__(
        self, path: Path, windows: Windows, checks: Checks, query_id: str = "q", expected: Sequence[str] = ()
    ) -> None:
        self.tables: TableWriter = Tables(f"{path}/tables").open(None)
        self.windows, self.query_id, self.counters = windows, query_id, Counters()
        references = pa.concat_tables([reference_table(model, TRAINING) for model in ("shop", "bank")])
        lengths = [windows.length, *windows.longer]
        judge = Judge(references, checks, step_s=windows.step.total_seconds(), lengths=lengths)
        self.alerts = AlertManager(Alerting(()))
        self.alerts.open(self.tables, ())
        seconds = [windows.grid.length / 1e6, *(each / 1e6 for each in windows.longer_us)]
        self.leases = Leases(seconds, f"/{query_id}", take_over=query_id != "q")
        parts = (self.tables, windows, judge, self.alerts, self.counters, self.leases)
        self.closer = Closer(*parts, dict.fromkeys(expected, ()), expected)
        self.closer.query_id = query_id

    def ingest(self, batch_id: int, *panes: pa.Table, crash: bool = False) -> None:
        """Write panes as the query does, and have them taken."""
        together = pa.concat_tables(panes)
        self.closer.first_open()
        models: list[Any] = together["model"].to_pylist()
        self.leases.acquire(self.tables, models, self.query_id)
        batch = together
        for name, value in (("query_id", self.query_id), ("batch_id", batch_id)):
            batch = batch.append_column(name, pa.array([value] * batch.num_rows))
        self.tables.append(batch.cast(INGESTED_PANES), "panes", writer=self.query_id, batch_id=batch_id)
        if not crash:
            self.closer.take(together, batch_id)

    def rows(self, table: str) -> list[dict[str, Any]]:
        read = self.tables.read(table)
        return [] if read is None else read.to_pylist()

    def closed(self, table: str = "profiles") -> dict[tuple[str, float, float], int]:
        """Count the rows of ``amount`` by model, start and length in hours of the windows in a table."""
        windows = {}
        for row in self.rows(table):
            if row["column_name"] == "amount" and row["column_kind"] == "feature":
                start, end = row["window_start"], row["window_end"]
                key = row["model"], (start - MIDNIGHT) / HOUR, (end - start) / HOUR
                assert key not in windows, "a window closed twice"
                windows[key] = row["profile"]["count"]
        return windows


@pytest.fixture
def desk(tmp_path: Path) -> Callable[..., CloserDesk]:
    def make(query_id: str = "q", checks: Checks | None = None, **windows: Any) -> CloserDesk:  # noqa: ANN401
        defaults: dict[str, Any] = {"length": "1 hour", "delay": "10 minutes", "k": 4000}
        chosen = Windows(**defaults | windows)
        return CloserDesk(tmp_path, chosen, checks or Checks(("ks", "psi")), query_id)

    return make


def traffic(model: str, start: datetime, mean: float = 50, *, length: timedelta = HOUR, size: int = SIZE) -> pa.Table:
    columns = {"amount": RANDOM.normal(mean, 10, size), "age": RANDOM.normal(40, 5, size)}
    return panes_of(model, start, columns, length=length)
