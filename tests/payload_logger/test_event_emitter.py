"""An emitter against real sinks: those that work, and those that do not."""

import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from sparkmon.errors import OptionError
from sparkmon.payload_logger import EventEmitter
from sparkmon.payload_logger.emitter_metrics import EmitterMetrics
from sparkmon.payload_logger.event_queue import EmitterCounts
from sparkmon.protocol.cloudevents import from_http
from sparkmon.protocol.structured_batch import from_structured_batch
from tests.support.receiver import Receiver, captured, event_headers
from tests.support.sink import sink
from tests.support.spools import read_all

SETTLE_S = 20.0


def event(name: str) -> tuple[dict[str, str], bytes]:
    return dict(event_headers(name)), name.encode()


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SETTLE_S
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def balanced(counts: EmitterCounts) -> bool:
    return counts.emitted == counts.delivered + sum(counts.dropped.values()) + counts.queued


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [1, 100])
def test_a_receiver_keeps_every_event_as_it_was_emitted(tmp_path: Path, batch_size: int) -> None:
    sent = captured("v1_predict_json") + captured("v2_infer_binary_fp64")
    with Receiver(tmp_path) as receiver:
        emitter = EventEmitter(f"http://127.0.0.1:{receiver.port}/", batch_size=batch_size)
        for headers, body in sent * 50:
            kept = {name: value for name, value in headers if name.startswith(("Ce-", "Content-T"))}
            assert emitter.emit(kept, body)
        assert emitter.close() == 0
        commits = receiver.metric("sparkmon_receiver_commit_seconds_count")
        malformed = receiver.metric('sparkmon_receiver_refused_total{reason="not_a_batch"}')
    counts = emitter.counts()
    assert (counts.emitted, counts.delivered, counts.dropped) == (200, 200, {})
    assert (counts.retried, counts.queued, counts.queued_bytes, malformed) == (0, 0, 0, 0)
    assert sorted(read_all(tmp_path)) == sorted([body for _, body in sent] * 50)
    assert batch_size == 1 or commits < 10


def test_a_batch_has_the_attributes_of_each_event() -> None:
    headers, body = captured("v2_infer_binary_fp64")[0]
    kept = {name: value for name, value in headers if name.startswith(("Ce-", "Content-Type"))}
    with sink() as there:
        emitter = EventEmitter(there.url, batch_size=10)
        emitter.emit(kept, body)
        emitter.emit(kept, b"")
        assert emitter.close() == 0
    (posted,) = there.posted
    first, second = from_structured_batch(posted.body)
    assert (first.payload, second.payload) == (body, b"")
    assert first == from_http(headers, body)
    assert (first.model, first.dead_letter, len(first.metadata)) == ("iris", None, 1)


@pytest.mark.slow
def test_events_emitted_while_the_receiver_is_down_arrive_once_it_is_up(tmp_path: Path) -> None:
    port = free_port()
    emitter = EventEmitter(f"http://127.0.0.1:{port}/")
    names = [f"e-{number}" for number in range(50)]
    for name in names:
        emitter.emit(*event(name))
    wait_for(lambda: emitter.counts().retried > 4)
    with Receiver(tmp_path, port=port):
        assert emitter.close() == 0
    counts = emitter.counts()
    assert (counts.delivered, counts.dropped) == (50, {})
    assert sorted(read_all(tmp_path)) == sorted(name.encode() for name in names)


def test_a_receiver_that_hangs_is_retried_and_delays_nobody() -> None:
    with sink() as there:
        there.release.clear()
        emitter = EventEmitter(there.url, timeout_s=0.2, in_flight=1)
        began = time.perf_counter()
        emitter.emit(*event("a"))
        assert time.perf_counter() - began < 0.1
        wait_for(lambda: emitter.counts().retried >= 1)
        there.release.set()
        assert emitter.close() == 0
    assert emitter.counts().delivered == 1
    assert len(there.posted) == 1 + emitter.counts().retried


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_waited_for(status: int) -> None:
    with sink() as there:
        there.answers = [(status, {"Retry-After": "1"}), (202, {})]
        emitter = EventEmitter(there.url, in_flight=1)
        emitter.emit(*event("a"))
        emitter.emit(*event("b"))
        assert emitter.close() == 0
    first, again, _ = there.posted
    assert 1.0 <= again.time - first.time < 2.0
    assert (emitter.counts().delivered, emitter.counts().retried) == (2, 1)


@pytest.mark.parametrize("status", [302, 400, 404, 413])
def test_a_final_answer_drops_the_event(status: int) -> None:
    with sink() as there:
        there.answers = [(status, {"Location": there.url}), (202, {})]
        emitter = EventEmitter(there.url, in_flight=1)
        emitter.emit(*event("a"))
        emitter.emit(*event("b"))
        assert emitter.close() == 0
    counts = emitter.counts()
    assert (counts.delivered, counts.dropped, counts.retried) == (1, {"refused": 1}, 0)
    assert len(there.posted) == 2


def test_a_refused_batch_is_sent_event_by_event() -> None:
    with sink() as there:
        there.answers = [(415, {}), (202, {}), (400, {}), (202, {})]
        emitter = EventEmitter(there.url, batch_size=3)
        for name in "abc":
            emitter.emit(*event(name))
        assert emitter.close() == 0
    assert [posted.body for posted in there.posted[1:]] == [b"a", b"b", b"c"]
    assert emitter.counts().delivered == 2
    assert emitter.counts().dropped == {"refused": 1}


def test_an_event_that_is_too_old_is_dropped() -> None:
    emitter = EventEmitter(f"http://127.0.0.1:{free_port()}/", max_retry_s=0)
    emitter.emit(*event("a"))
    assert emitter.close() == 0
    assert emitter.counts().dropped == {"expired": 1}


def test_an_unsendable_event_is_dropped_alone() -> None:
    with sink() as there:
        emitter = EventEmitter(there.url)
        emitter.emit({"Ce-Id": "a\r\nX-Evil: 1"}, b"")
        emitter.emit(*event("b"))
        assert emitter.close() == 0
    assert emitter.counts().dropped == {"unsendable": 1}
    assert [posted.body for posted in there.posted] == [b"b"]


@pytest.mark.parametrize("bound", [{"queue_size": 7}, {"queue_bytes": 7 * 230}])
def test_a_full_queue_drops_and_the_counts_add_up(bound: dict[str, Any]) -> None:
    with sink() as there:
        there.release.clear()
        emitter = EventEmitter(there.url, in_flight=2, timeout_s=30, **bound)
        size = emitter.counts().queued_bytes
        taken = [emitter.emit(*event(f"{number:02}")) for number in range(20)]
        size = emitter.counts().queued_bytes // emitter.counts().queued
        kept = 7 if "queue_size" in bound else 7 * 230 // size
        assert taken == [True] * kept + [False] * (20 - kept)
        assert emitter.counts().dropped == {"queue_full": 20 - kept}
        assert balanced(emitter.counts())
        assert emitter.close(timeout_s=0.1) == kept
        assert balanced(emitter.counts())
        assert emitter.emit(*event("late")) is False
        assert emitter.counts().dropped == {"queue_full": 20 - kept, "closed": 1}
        assert emitter.close() == kept


def test_many_threads_lose_nothing() -> None:
    with sink() as there:
        emitter = EventEmitter(there.url, batch_size=50, in_flight=3)

        def emit(thread: int) -> None:
            for number in range(200):
                emitter.emit(*event(f"{thread}-{number}"))

        threads = [threading.Thread(target=emit, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert emitter.close() == 0
    counts = emitter.counts()
    assert (counts.emitted, counts.delivered, counts.dropped) == (1600, 1600, {})
    bodies: list[bytes] = []
    for posted in there.posted:
        batched = posted.body.startswith(b"[")
        bodies += [found.payload for found in from_structured_batch(posted.body)] if batched else [posted.body]
    assert len(set(bodies)) == len(bodies) == 1600


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_sends_its_own_events_and_none_of_its_parents() -> None:
    with sink() as there:
        there.release.clear()
        emitter = EventEmitter(there.url, in_flight=1)
        for name in ("parent-1", "parent-2"):
            emitter.emit(*event(name))
        wait_for(lambda: len(there.posted) == 1)
        child = os.fork()
        if child == 0:
            started = emitter.counts().emitted
            emitter.emit(*event("child"))
            there.release.set()
            left = emitter.close(10)
            os._exit(100 if started or left or emitter.counts().delivered != 1 else 0)
        wait_for(lambda: len(there.posted) == 2)
        there.release.set()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        emitter.emit(*event("parent-3"))
        assert emitter.close() == 0
    assert emitter.counts().delivered == 3
    names = ["child", "parent-1", "parent-2", "parent-3"]
    assert sorted(posted.body.decode() for posted in there.posted) == names


def test_drops_are_logged_at_the_latest_when_it_closes(caplog: pytest.LogCaptureFixture) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    emitter = EventEmitter(url, queue_size=1)
    for name in "abc":
        emitter.emit(*event(name))
    wait_for(lambda: emitter.counts().retried > 0)
    assert emitter.close(timeout_s=0) == 1
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith(f"{url}: 0 of 3 events delivered, dropped {{'queue_full': 2}}, retried")
    assert second == f"1 events for {url} are unsent"


def test_prometheus_reads_the_counts() -> None:
    with sink() as there:
        there.answers = [(400, {}), (202, {})]
        emitter = EventEmitter(there.url, in_flight=1)
        registry = CollectorRegistry()
        registry.register(EmitterMetrics(emitter))
        for name in "abc":
            emitter.emit(*event(name))
        emitter.close()
    found = registry.get_sample_value
    assert found("sparkmon_emitter_emitted_total") == 3
    assert found("sparkmon_emitter_delivered_total") == 2
    assert found("sparkmon_emitter_dropped_total", {"reason": "refused"}) == 1
    assert found("sparkmon_emitter_queued_events") == 0


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("url", "receiver:8080"),
        ("url", "ftp://receiver/"),
        ("queue_size", 0),
        ("batch_size", 1001),
        ("in_flight", 0),
        ("timeout_s", 0),
        ("max_retry_s", -1),
    ],
)
def test_an_option_out_of_range_is_refused(option: str, value: object) -> None:
    told: dict[str, Any] = {"url": "http://127.0.0.1:1/", option: value}
    with pytest.raises(OptionError, match=rf"got {option}={value!r}; expected "):
        EventEmitter(**told)
