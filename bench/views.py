"""How long a page takes over many models: ``python -m bench.views [MODELS COLUMNS DAYS]``, by default 1000 50 30.

The tables are made without Spark, a commit per day, as a monitor with windows of a day would write them: a profile and
six findings of each column, most of them calm, two drifting columns in every tenth model. Each page is asked for twice:
first with nothing in memory, then again; memory is that of the process.
"""

import shutil
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import numpy as np
import psutil
import pyarrow as pa

from sparkmon.alerts import Alerting, AlertManager
from sparkmon.comparison import Checks, Judge
from sparkmon.distributions.schema import PROFILES
from sparkmon.state import CLOSED_WINDOWS
from sparkmon.tables import Tables, TableWriter
from tests.support.ledger import Ledger
from tests.support.panes import panes_of, reference_table

DAY = timedelta(days=1)
END = datetime(2026, 1, 31, tzinfo=timezone.utc)
_ROWS = 200


def main() -> None:
    """Make the tables, ask for the pages, and print a line per page."""
    models, columns, days = map(int, sys.argv[1:4]) if len(sys.argv) > 3 else (1000, 50, 30)
    place = Path(tempfile.mkdtemp(prefix="sparkmon-views-"))
    try:
        start = time.perf_counter()
        make_tables(Tables(f"{place}/tables").open(), models, columns, days)
        size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
        took = time.perf_counter() - start
        print(f"{models} models x {columns} columns x {days} days: {size / 2**20:.0f} MiB, written in {took:.0f} s")
        measure(f"{place}/tables")
    finally:
        shutil.rmtree(place)


def make_tables(tables: TableWriter, models: int, columns: int, days: int) -> None:
    """Write profiles, findings, alerts and closed windows of each day, judged once per kind of column."""
    calm, drifting = (_of_one_column(shift) for shift in (0.0, 30.0))
    manager = AlertManager(Alerting([Ledger(name="webhook")]))
    manager.open(tables)
    for day in range(days):
        end = END - (days - 1 - day) * DAY
        for name, (of_calm, of_drift) in {
            "profiles": (calm[0], drifting[0]),
            "drift_metrics": (calm[1], drifting[1]),
        }.items():
            parts = []
            for model in range(models):
                shifted = 2 * (model % 10 == 0 and day >= days // 2)
                parts += [of_drift] * shifted + [of_calm] * (columns - shifted)
            sizes = np.array([part.num_rows for part in parts])
            rows = pa.concat_tables(parts).combine_chunks()
            numbers = np.repeat(np.arange(models * columns), sizes)
            named = _named(rows, numbers // columns, numbers % columns, end)
            tables.append(named, name)
            if name == "drift_metrics":
                ends = {f"model-{model:04}": end for model in range(models)}
                manager.process(named, ends, writer="bench")
        tables.append(_closed(models, end, day), "closed_windows")
    manager.close()


def _of_one_column(shift: float) -> tuple[pa.Table, pa.Table]:
    random = np.random.default_rng(1)
    references = reference_table("m", {"x": random.normal(60, 8, 20_000)})
    judge = Judge(references, Checks(), step_s=86_400, lengths=["1 day"])
    panes = panes_of("m", END - DAY, {"x": random.normal(60 - shift, 8, _ROWS)}, length=DAY, pane=DAY)
    profiles = panes.select(PROFILES.names).cast(PROFILES)
    earlier = judge.findings(profiles)
    return profiles, judge.findings(profiles, earlier)


def _named(rows: pa.Table, model: Any, column: Any, end: datetime) -> pa.Table:  # noqa: ANN401 - arrays of numbers
    models = np.array([f"model-{each:04}" for each in range(int(model.max()) + 1)])
    columns = np.array([f"column_{each:02}" for each in range(int(column.max()) + 1)])
    values = {"model": pa.array(models[model]), "column_name": pa.array(columns[column])}
    values |= {
        name: pa.array([time] * rows.num_rows, rows.schema.field(name).type) for name, time in _times(end).items()
    }
    for name, value in values.items():
        rows = rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), value)
    return rows


def _times(end: datetime) -> dict[str, datetime]:
    return {"window_start": end - DAY, "window_end": end}


def _closed(models: int, end: datetime, batch: int) -> pa.Table:
    shared = {
        **_times(end),
        "closed_time": end,
        "query_id": "bench",
        "batch_id": batch,
        "requests": 200,
        "responses": 200,
    }
    return pa.Table.from_pylist([{"model": f"model-{model:04}", **shared} for model in range(models)], CLOSED_WINDOWS)


def measure(tables: str) -> None:
    """Ask a dashboard for each page, and print the seconds."""
    from sparkmon.dashboard.settings import DashboardSettings
    from tests.support.served import served

    model = {"model": "model-0000"}
    pages = {
        "overview": "/",
        "overview, filtered": "/?q=model-07",
        "model": f"/model?{urlencode({**model, 'span': '30 days'})}",
        "column": f"/column?{urlencode({**model, 'column': 'column_00', 'span': '30 days'})}",
        "window": f"/window?{urlencode({**model, 'window': END.isoformat()})}",
    }
    with served(DashboardSettings(tables)) as client:
        for name, path in pages.items():
            first, again = _seconds(client, path), _seconds(client, path)
            memory = psutil.Process().memory_info().rss / 2**20
            seconds = f"first {first[0]:.2f} s ({first[1]:.2f} CPU s), again {again[0]:.2f} s ({again[1]:.2f} CPU s)"
            print(f"{name:20} {seconds}, {memory:.0f} MiB resident")


def _seconds(client: httpx.Client, path: str) -> tuple[float, float]:
    """Return the seconds that a page takes, and those of this process, which serves it too, on the CPU."""
    start, cpu = time.perf_counter(), time.process_time()
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return time.perf_counter() - start, time.process_time() - cpu


if __name__ == "__main__":
    main()
