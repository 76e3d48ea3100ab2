"""Calls at a constant rate while the store or the predictor dies and recovers: what callers get, what is logged."""

import asyncio
import itertools
import os
import signal
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest

from scripts.mariadb_process import MariaDbProcess
from sparkmon.store import SqlStore
from tests.serving.conftest import VIEW, World
from tests.support.receiver import Receiver
from tests.support.serving import Served, start_predictor, start_transformer
from tests.support.spools import log

PER_S = 30
ENOUGH = 15  # calls in a row that see a state, before the next fault
AT_MOST = 60  # calls under way at once: a machine that is busy is not buried
PATIENCE_S = 120
V1 = "/v1/models/fraud:predict"
ASKED = {"instances": [{"card_id": 7, "bank": "dænske", "amount": 0.5}]}
FULL: list[float | None] = [0.25, 0.5, 3.0, 0.125]
NULLS: list[float | None] = [None, 0.5, None, None]


class Call(NamedTuple):
    """One call: its id, when it was made, how long it took, and what came back."""

    request_id: str
    time_s: float
    took_s: float
    status: int
    predictions: list[float] | None


class Stage(NamedTuple):
    """What calls see, and the fault that happens once each server has given enough such calls in a row."""

    seen: Callable[[Call], bool]
    fault: Callable[[], object]


def under_load(served: Sequence[Served], stages: Sequence[Stage]) -> list[list[Call]]:
    """Call each server at an even pace until it has gone through all stages; give the calls by server."""
    return asyncio.run(_call_all(served, stages))


async def _call_all(served: Sequence[Served], stages: Sequence[Stage]) -> list[list[Call]]:
    began = time.monotonic()
    made: list[list[Call]] = [[] for _ in served]
    under_way: set[asyncio.Task[None]] = set()

    async def note(calls: list[Call], each: Served, name: str) -> None:
        calls.append(await _call(session, each, name, began))

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
        going = asyncio.create_task(_go_through(stages, made))
        for number in itertools.count():
            if going.done():
                break
            await asyncio.sleep(max(0.0, began + number / PER_S - time.monotonic()))
            if len(under_way) >= AT_MOST:
                continue
            for calls, each in zip(made, served, strict=True):
                task = asyncio.create_task(note(calls, each, f"call-{number}"))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)
        await going
    return made


async def _go_through(stages: Sequence[Stage], made: Sequence[list[Call]]) -> None:
    for stage in stages:
        starts = [len(calls) for calls in made]
        end = time.monotonic() + PATIENCE_S
        while not all(
            len(calls) >= start + ENOUGH and all(map(stage.seen, calls[-ENOUGH:]))
            for calls, start in zip(made, starts, strict=True)
        ):
            assert time.monotonic() < end, [calls[-3:] for calls in made]
            await asyncio.sleep(0.02)
        await asyncio.to_thread(stage.fault)


def nothing() -> None:
    """Do no more harm."""


async def _call(session: aiohttp.ClientSession, served: Served, name: str, began: float) -> Call:
    start = time.monotonic()
    async with session.post(served.url(V1), json=ASKED, headers={"X-Request-Id": name}) as answer:
        body: dict[str, Any] = await answer.json()
        took = time.monotonic() - start
        return Call(name, start - began, took, answer.status, body.get("predictions"))


@pytest.mark.mariadb
def test_a_store_that_dies_degrades_as_configured_and_recovers(world: World) -> None:
    with MariaDbProcess() as database:
        store = SqlStore(database.url)
        store.write_view(VIEW)
        rows: list[dict[str, Any]] = [
            {"card_id": 7, "mean_amount": 0.25, "count": 3, "computed_time": datetime.now(timezone.utc)}
        ]
        store.write_rows("cards_1", ["card_id"], rows)
        store.write_rows("banks_1", ["bank"], [{"bank": "dænske", "risk": 0.125}])
        predictor = f"127.0.0.1:{world.predictor.ports['http']}"
        flags = ("--enable_grpc", "false", "--circuit_open_ms", "200", "--store_timeout_ms", "200")
        with (
            start_transformer(database.url, predictor, *flags) as strict,
            start_transformer(database.url, predictor, *flags, "--on_store_failure", "null") as lenient,
        ):
            whole, part = (predicted(world, vector) for vector in (FULL, NULLS))
            for served in (strict, lenient):
                assert served.post(V1, ASKED).json["predictions"] == whole
            stages = [
                Stage(lambda call: call.predictions == whole, lambda: os.kill(database.pid, signal.SIGKILL)),
                Stage(lambda call: call.predictions != whole, database.start),
                Stage(lambda call: call.predictions == whole, nothing),
            ]
            refused, answered = under_load((strict, lenient), stages)
    assert {call.status for call in refused} == {200, 503}
    assert {call.status for call in answered} == {200}
    assert max(call.took_s for call in [*refused, *answered]) < PATIENCE_S
    assert {tuple(call.predictions or ()) for call in answered} == {tuple(whole), tuple(part)}
    for calls in (refused, answered):
        assert [call.predictions for call in calls[:ENOUGH]] == [whole] * ENOUGH


def test_answered_calls_are_in_the_log_although_the_predictor_was_killed(world: World, tmp_path: Path) -> None:
    with Receiver(tmp_path) as receiver, start_predictor(world.model) as predictor:
        ports = (predictor.ports["http"], predictor.ports["grpc"])
        flags = ("--enable_grpc", "false", "--circuit_open_ms", "200")
        logged_to = ("--log_url", f"http://127.0.0.1:{receiver.port}/")
        with start_transformer(world.store, f"127.0.0.1:{ports[0]}", *flags, *logged_to) as served:
            started: list[Served] = []
            stages = [
                Stage(lambda call: call.status == 200, predictor.kill),
                Stage(
                    lambda call: call.status == 503, lambda: started.append(start_predictor(world.model, ports=ports))
                ),
                Stage(lambda call: call.status == 200, nothing),
            ]
            (calls,) = under_load([served], stages)
            with started[0]:
                assert served.terminate() == 0
        assert receiver.terminate() == 0
    assert {call.status for call in calls} == {200, 503}
    assert {call.status for call in calls[-ENOUGH:]} == {200}
    assert max(call.took_s for call in calls) < PATIENCE_S
    requests, responses = logged(tmp_path)
    assert requests == {call.request_id: None for call in calls}
    assert responses == {call.request_id: None if call.status == 200 else call.status for call in calls}


def logged(spool: Path) -> tuple[dict[str, int | None], dict[str, int | None]]:
    """Read the halves in the log: request id to status code."""
    kept = log(spool)
    parts = kept.parts(kept.first(), kept.last(), 1 << 30)
    rows = [row for part in parts for batch in kept.read(part) for row in batch.to_pylist()]
    halves: dict[str, dict[str, int | None]] = {"request": {}, "response": {}}
    for row in rows:
        (request_id,) = dict(row["metadata"])["X-Request-Id"]
        halves[row["event_type"]][request_id] = row["status_code"]
    assert len(rows) == sum(map(len, halves.values()))
    return halves["request"], halves["response"]


def predicted(world: World, vector: list[float | None]) -> list[float]:
    """Ask the model itself."""
    predictions: list[float] = world.predictor.post(V1, {"instances": [vector]}).json["predictions"]
    return predictions
