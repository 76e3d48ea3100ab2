"""What the transformer adds to a predictor: requests a second, latency at a rate, and what overload does to it."""

from __future__ import annotations

import asyncio
import json
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import joblib
import numpy as np
from sklearn.linear_model import LinearRegression

from bench.load import Load, closed_loop, open_loop
from bench.rounds import Contender, Rounds
from bench.section import Section
from sparkmon.store.feature_view import FeatureView, GroupInView
from sparkmon.store.local import LocalStore
from tests.support.serving import Served, start_predictor, start_transformer

__all__ = ["measure_serving"]

IN_FLIGHT = 200
RATE = 200
OVERLOAD = 2000
_FEW = 32
_STORED = tuple(f"f{i}" for i in range(9))
_FULL = [[0.1] * 10]
_IDS = [[7, 0.1]]


def measure_serving(folder: Path, rounds: Rounds, seconds: float) -> Section:
    """Ask for ``seconds`` at each run: the predictor alone, through the transformer, through one of kserve's own."""
    model, store = _make(folder)
    with ExitStack() as stack:
        predictor = stack.enter_context(start_predictor(model))
        host = f"127.0.0.1:{predictor.ports['http']}"
        ours = stack.enter_context(start_transformer(store, host))
        online = str(Path(store) / "online.sqlite")
        kserves = stack.enter_context(Served("bench.kserve_transformer", [online, host]))
        ways = {
            "predictor alone": (predictor, _FULL),
            "transformer with one lookup": (ours, _IDS),
            "transformer with one lookup and kserve's own client": (kserves, _IDS),
        }
        results = rounds.measure(
            [
                Contender(f"{name}, {many} in flight", partial(_count, served, rows, many, seconds))
                for name, (served, rows) in ways.items()
                for many in (1, 16, IN_FLIGHT)
            ]
        )
        notes = _latencies(ways, rounds.runs, seconds, rounds.say)
        notes.append(_overload(ours, 256, rounds.runs, seconds))
        few = stack.enter_context(start_transformer(store, host, "--max_in_flight", str(_FEW)))
        notes.append(_overload(few, _FEW, rounds.runs, seconds))
    title = f"Serving: V1 requests of one instance answered with 200, in runs of {seconds:g} s"
    notes.append("client, transformer and predictor share the cores; requests/CPU s counts all of them")
    ratios = {
        "200 in flight, CPU a request: kserve's own client / transformer": results[5].per_cpu_second
        / results[8].per_cpu_second
    }
    return Section("serving", title, "requests", results, ratios, notes)


def _latencies(
    ways: dict[str, tuple[Served, list[list[float]]]], runs: int, seconds: float, say: Callable[[str], None]
) -> list[str]:
    loads: dict[str, list[Load]] = {name: [] for name in ways}
    for number in range(runs):
        for name, (served, rows) in ways.items():
            say(f"run {number + 1} of {runs}: {name}, {RATE} requests/s")
            port, request = served.ports["http"], _request(rows)
            loads[name].append(asyncio.run(open_loop(port, request, RATE, seconds)))
    notes = []
    for name, each in loads.items():
        p50, p99 = (statistics.median(load.percentile_ms(q) for load in each) for q in (0.5, 0.99))
        notes.append(f"{RATE} requests/s, {name}: p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    return notes


def _overload(served: Served, most: int, runs: int, seconds: float) -> str:
    port, request = served.ports["http"], _request(_IDS)
    loads = [asyncio.run(open_loop(port, request, OVERLOAD, seconds)) for _ in range(runs)]
    answered, refused, p50, p99 = (
        statistics.median(figures)
        for figures in zip(
            *(
                (
                    load.statuses[200] / seconds,
                    load.statuses[503] / seconds,
                    load.percentile_ms(0.5),
                    load.percentile_ms(0.99),
                )
                for load in loads
            ),
            strict=True,
        )
    )
    return (
        f"{OVERLOAD} requests/s, --max_in_flight {most}: {answered:.0f} a second answered with 200, "
        f"{refused:.0f} refused with 503; of the answered p50 {p50:.0f} ms, p99 {p99:.0f} ms"
    )


def _count(served: Served, rows: list[list[float]], in_flight: int, seconds: float) -> int:
    load = asyncio.run(closed_loop(served.ports["http"], _request(rows), in_flight, seconds))
    return load.statuses[200]


def _request(rows: list[list[float]]) -> bytes:
    body = json.dumps({"instances": rows}).encode()
    head = (
        "POST /v1/models/fraud:predict HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _make(folder: Path) -> tuple[Path, str]:
    """Write a model of ten numbers and a store with nine of them for a thousand cards."""
    random = np.random.default_rng(1)
    rows = random.normal(size=(1000, 10))
    model = folder / "model.joblib"
    joblib.dump(LinearRegression().fit(rows, rows @ np.arange(10)), model)
    store = LocalStore(folder / "store")
    now = datetime.now(timezone.utc)
    stored = [
        {"card_id": number, "computed_time": now, **dict(zip(_STORED, row.tolist(), strict=False))}
        for number, row in enumerate(rows)
    ]
    store.write_rows("cards_1", ["card_id"], stored)
    cards = GroupInView("cards_1", {"card_id": "card_id"}, {n: n for n in _STORED}, time="computed_time")
    store.write_view(FeatureView("fraud", 1, (*_STORED, "amount"), (cards,)))
    return model, str(store.path)
