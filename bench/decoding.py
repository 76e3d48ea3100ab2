"""Events to row blocks in one Python process, each of the five bodies, compared with parsing the same JSON alone."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pyarrow as pa

from bench.bodies import BINARY, BODIES, TENSOR, requests_as
from bench.rounds import Contender, Rounds
from bench.section import Section
from sparkmon.errors import SparkmonError
from sparkmon.protocol import decode_events

__all__ = ["measure_decoding"]

_BATCH = 10_000
"""Events that the source hands to Spark at once."""


def measure_decoding(rounds: Rounds, requests: int) -> Section:
    """Measure so many requests of each body."""
    contenders = []
    for kind in BODIES:
        rounds.say(f"making {requests:,} requests: {kind}")
        events = requests_as(kind, requests)
        contenders.append(Contender(kind, _decoding(events)))
        if kind != BINARY:
            contenders.append(Contender(_parsing_of(kind), _parsing(events)))
    results = rounds.measure(contenders)
    by_name = {result.name: result for result in results}
    return Section(
        "decoding",
        f"Decoding: {requests:,} requests of one row of 20 values in one process, {_BATCH:,} at a time",
        "events",
        results,
        {f"{kind} / orjson.loads": by_name[kind].cost_beside(by_name[_parsing_of(kind)]) for kind in BODIES},
        [f"{BINARY}: compared with orjson.loads of the same rows as {TENSOR}"],
    )


def _parsing_of(kind: str) -> str:
    return f"{TENSOR if kind == BINARY else kind}: orjson.loads"


def _decoding(events: pa.RecordBatch) -> Callable[[], int]:
    def decode() -> int:
        batches = (events.slice(at, _BATCH) for at in range(0, events.num_rows, _BATCH))
        parts = (part for batch in batches for part in decode_events(batch))
        rows = sum(len(block) for part in parts for block in part.blocks)
        if rows != events.num_rows:
            raise SparkmonError(f"got {rows} rows of {events.num_rows} events of one row each")
        return rows

    return decode


def _parsing(events: pa.RecordBatch) -> Callable[[], int]:
    texts = [body.as_py() for body in events.column("payload")]

    def parse() -> int:
        for text in texts:
            orjson.loads(text)
        return len(texts)

    return parse
