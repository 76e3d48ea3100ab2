"""The traffic of the demonstration, without its servers and without Spark: what its callers send, in its order."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import numpy as np
import pyarrow as pa

from sparkmon.demo.attacker import attack
from sparkmon.demo.callers import ATTACKER, HONEST, Call
from sparkmon.demo.delay_model import DelayModel
from sparkmon.demo.flights import FEATURES
from sparkmon.demo.online_store import WeatherReports
from sparkmon.demo.sender import ATTACK, CHUNKS, ROWS_PER_CALL

__all__ = ["BEGIN", "CHUNK_S", "demo_calls"]

BEGIN = datetime(2026, 1, 5, tzinfo=timezone.utc)
CHUNK_S = 45 / CHUNKS


def demo_calls(flights: pa.Table, model: DelayModel, seed: int) -> Iterator[Call]:
    """Yield the calls of a demonstration with flights in another order, and another attack."""
    flights = flights.take(np.random.default_rng(seed).permutation(flights.num_rows))
    reports, rows = WeatherReports(flights), flights.select([*FEATURES]).to_pylist()
    half = flights.num_rows * (CHUNKS // 2) // CHUNKS
    sent = [row | _weather(reports, n, broken=n >= half) for n, row in enumerate(rows)]
    scores = _scores(model, sent)
    attacker = attack(flights, seed)
    asked = next(attacker)
    for chunk in range(CHUNKS):
        start, end = (flights.num_rows * place // CHUNKS for place in (chunk, chunk + 1))
        for first in range(start, end, ROWS_PER_CALL):
            some = slice(first, min(first + ROWS_PER_CALL, end))
            time = BEGIN + timedelta(seconds=CHUNK_S * (chunk + (first - start) / (end - start)))
            yield Call(HONEST[first // ROWS_PER_CALL % len(HONEST)], time, sent[some], scores[some])
        if chunk in ATTACK:
            flight = int(asked[0]["flight"])
            stored = rows[flight] | _weather(reports, flight, broken=False)
            instances = [{name: (stored | row)[name] for name in FEATURES} for row in asked]
            time = BEGIN + timedelta(seconds=CHUNK_S * (chunk + 1) - 1e-3)
            call = Call(ATTACKER, time, instances, _scores(model, instances))
            asked = attacker.send(call.predictions)
            yield call


def _weather(reports: WeatherReports, flight: int, *, broken: bool) -> dict[str, object]:
    return (reports.broken_rows if broken else reports.rows)[reports.of_flight[flight]]


def _scores(model: DelayModel, instances: list[dict[str, object]]) -> list[float]:
    return model.predict([[row[name] for name in FEATURES] for row in instances])
