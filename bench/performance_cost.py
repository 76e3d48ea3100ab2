"""What performance by labels and by estimates costs, next to the path from bytes to panes: ``make bench-performance``.

In one process, CPU seconds: requests and responses of one row each are decoded and summarised (the path that every
monitor has), their rows are kept, and a closed window is measured: by what is expected, then by labels.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from bench.bodies import BODIES, requests_as
from bench.machine import machine
from bench.traffic import COLUMNS
from sparkmon.interval import from_micros
from sparkmon.labels import LabelSource, LabelsPass
from sparkmon.panes import PaneBuilder
from sparkmon.performance import ConceptTests, Validation, class_names
from sparkmon.protocol import EVENTS, ROWS, Cells, DecodedEvents, decode_events
from sparkmon.records import Feature, ModelSchema
from sparkmon.state import CLOSED_WINDOWS
from sparkmon.tables import Tables, TableWriter

_BATCH, _PANE_US = 10_000, 60_000_000
_FEATURES = tuple(Feature(name, "numeric") for name in COLUMNS)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.performance_cost", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="requests, each with a response")
    rows = parser.parse_args().rows
    print(machine())
    requests = requests_as(BODIES[0], rows)
    model = requests.column("model")[0].as_py()
    schema = ModelSchema(model, _FEATURES, (Feature("score", "numeric"),))
    scores = np.random.default_rng(0).random(rows)
    events = [requests, _responses(requests, scores)]
    with tempfile.TemporaryDirectory() as folder:
        tables = Tables(f"{folder}/tables").open()
        decoded: list[DecodedEvents] = []
        path = _cpu(lambda: _summarised(events, schema, decoded))
        keeping = _cpu(lambda: _kept(decoded, tables))
        source = LabelSource(f"{folder}/labels", "late", horizon=timedelta(seconds=1))
        judge = _judge(tables, model, source, requests, scores)
        estimates = _cpu(judge)
        ids = requests.column("event_id").to_pylist()
        labels = pa.table({"request_id": ids, "late": np.random.default_rng(1).random(rows) < scores})
        Tables(f"{folder}/").open().append(labels, "labels")
        by_labels = _cpu(judge)
    print("| | CPU s | share of the path |\n|---|---|---|")
    for name, seconds in (
        ("bytes to panes, requests and responses", path),
        ("rows kept", keeping),
        ("estimate", estimates),
        ("labels, and the estimate next to them", by_labels),
    ):
        print(f"| {name} | {seconds:.2f} | {seconds / path:.0%} |")


def _responses(requests: pa.RecordBatch, scores: np.ndarray) -> pa.RecordBatch:
    payloads: Any = pa.array([b'{"predictions":[%.6f]}' % score for score in scores.tolist()])
    columns: dict[str, Any] = {name: requests.column(name) for name in EVENTS.names}
    columns |= {"payload": payloads, "event_type": pa.array(["response"] * len(scores))}
    return pa.RecordBatch.from_pydict(columns).cast(EVENTS)


def _summarised(events: list[pa.RecordBatch], schema: ModelSchema, decoded: list[DecodedEvents]) -> None:
    builder = PaneBuilder(_PANE_US)
    for half in events:
        for at in range(0, half.num_rows, _BATCH):
            for part in decode_events(half.slice(at, _BATCH), {schema.model: schema}):
                decoded.append(part)
                for block in part.blocks:
                    builder.add(block)
    builder.build()


def _kept(decoded: list[DecodedEvents], tables: TableWriter) -> None:
    for part in decoded:
        rows = part.rows()
        columns: list[Any] = [*rows.columns, pa.nulls(rows.num_rows, pa.string())]
        kept = pa.RecordBatch.from_arrays(columns, schema=ROWS)
        ids: Any = kept.column("event_id")
        named = kept.set_column(kept.schema.get_field_index("request_id"), ROWS.field("request_id"), ids)
        tables.append(pa.Table.from_batches([named]), "rows")


def _judge(
    tables: TableWriter, model: str, source: LabelSource, requests: pa.RecordBatch, scores: np.ndarray
) -> Callable[[], object]:
    times = requests.column("event_time").cast(pa.int64()).to_numpy()
    start, end = from_micros(int(times.min())), from_micros(int(times.max()) + 1)
    mark: dict[str, Any] = {"query_id": "q", "batch_id": 0, "model": model, "closed_time": end}
    mark |= {"window_start": start, "window_end": end, "requests": len(scores), "responses": len(scores)}
    tables.append(pa.Table.from_pylist([mark], schema=CLOSED_WINDOWS), "closed_windows")
    generator = np.random.default_rng(2)
    held_out = generator.random(20_000)
    labels: Any = pa.array(generator.random(20_000) < held_out)
    features = Cells(tuple(COLUMNS), generator.normal(size=(20_000, len(COLUMNS))))
    validation = Validation.fit(_FEATURES, features, Cells(("score",), held_out[:, None]), class_names(labels), "late")
    judge = LabelsPass(
        tables,
        {model: source},
        {model: validation},
        ConceptTests(1.0, 3_600),
        end - start,
        None,
        lambda findings: None,
    )
    return lambda: judge.run(end + timedelta(hours=1))


def _cpu(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


if __name__ == "__main__":
    main()
