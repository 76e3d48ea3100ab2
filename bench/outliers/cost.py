"""What outliers cost on the way from payload bytes to panes, in one process, at 20 rows a request."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import numpy as np
import orjson
from threadpoolctl import threadpool_limits

from bench.machine import machine
from bench.traffic import COLUMNS, MODEL, headers, normals
from sparkmon.detectors import OutlierDetector, OutlierModel, Outliers
from sparkmon.panes import PaneBuilder
from sparkmon.protocol import Cells, decode_events, events_to_batch, from_http
from sparkmon.records import Feature

_REQUESTS, _ROWS, _ROUNDS = 2_000, 20, 9
_TRAINING = 60_000
_PANE_US = 60_000_000
_START = datetime(2026, 1, 5, tzinfo=timezone.utc)


def main() -> None:
    """Print the CPU time of a row without and with outliers: medians of rounds, one after the other."""
    rows = normals(_REQUESTS * _ROWS, seed=1).round(6).reshape(_REQUESTS, _ROWS, -1).tolist()
    bodies = [orjson.dumps({"instances": each}) for each in rows]
    times = [_START + timedelta(milliseconds=place) for place in range(_REQUESTS)]
    events = [
        from_http(headers(f"{time:%S%f}", "request", time), body) for time, body in zip(times, bodies, strict=True)
    ]
    batch = events_to_batch(events)
    names = next(block.features.names for part in decode_events(batch) for block in part.blocks if block.features)
    training = normals(_TRAINING, seed=2).round(6)
    cells = Cells(names, training, np.ones(training.shape, np.bool_))
    parts = (cells.take(np.arange(20_000)), cells.take(np.arange(20_000, _TRAINING)))
    model = OutlierModel.fit([Feature(name, "numeric") for name in names], *parts)
    detector = OutlierDetector({(MODEL, ""): model}, Outliers(), _PANE_US)

    def summarise(detector: OutlierDetector | None) -> None:
        builder, outliers = PaneBuilder(_PANE_US), None if detector is None else detector.open()
        for decoded in decode_events(batch):
            blocks = decoded.blocks
            if outliers is not None:
                blocks = outliers.mark(blocks, decoded.events.column("event_id"))
            for block in blocks:
                builder.add(block)
        builder.build()
        if outliers is not None:
            outliers.build()

    # Spark gives a Python worker one thread for numpy, by OMP_NUM_THREADS.
    with threadpool_limits(1):
        pairs = [(_cpu_s(lambda: summarise(None)), _cpu_s(lambda: summarise(detector))) for _ in range(_ROUNDS)]
    without, with_outliers = np.median(pairs, axis=0) / (_REQUESTS * _ROWS) * 1e6
    print(machine())
    ratio = np.median([second / first for first, second in pairs])
    print(
        f"{len(COLUMNS)} numbers: {without:.2f} us a row without outliers, {with_outliers:.2f} with them, {ratio:.2f}x"
    )


def _cpu_s(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main()
