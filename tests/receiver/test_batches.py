"""Batches posted to a receiver: on disk as a whole before the answer, refused as a whole."""

import json
import random
from pathlib import Path

import pytest

from tests.support.receiver import Receiver
from tests.support.spools import log, read_all

pytestmark = pytest.mark.slow

BATCH = [("Content-Type", "application/cloudevents-batch+json")]


def item(event_id: str, body: object, half: str = "request") -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "type": f"org.kubeflow.serving.inference.{half}",
        "source": "pod",
        "time": "2026-11-23T00:36:06Z",
        "data": body,
    }


def encoded(*items: object) -> bytes:
    return json.dumps(items, separators=(",", ":")).encode()


def test_a_batch_is_kept_with_what_is_broken_in_it(tmp_path: Path) -> None:
    body = encoded(item("a", [1]), {"id": "no-type"}, 7, item("b", {"x": 2.50}))
    with Receiver(tmp_path) as receiver:
        assert receiver.post(BATCH, body)[0] == 202
        assert receiver.post(BATCH, b"[]")[0] == 202
        assert receiver.metric('sparkmon_receiver_events_total{type="request"}') == 2
        assert receiver.metric("sparkmon_receiver_commit_events_count") == 1
        assert receiver.metric("sparkmon_receiver_commit_events_sum") == 4
        assert receiver.health()["pending_events"] == 0
    spool = log(tmp_path)
    parts = spool.parts(spool.first(), spool.last(), 1 << 30)
    kept = [row for part in parts for found in spool.read(part) for row in found.to_pylist()]
    assert [row["payload"] for row in kept] == [b"[1]", b"", b"7", b'{"x":2.5}']
    conditions = [row["condition"] for row in kept]
    assert conditions == [None, "EVENT_FIELD_MISSING", "EVENT_NOT_JSON", None]


def test_the_halves_of_a_call_are_paired_inside_a_batch(tmp_path: Path) -> None:
    body = encoded(item("a", "question"), item("a", "answer", "response"))
    with Receiver(tmp_path, pair_seconds=10) as receiver:
        assert receiver.post(BATCH, body)[0] == 202
        assert receiver.metric("sparkmon_receiver_paired_total") == 1


def test_a_batch_that_is_no_array_is_refused(tmp_path: Path) -> None:
    with Receiver(tmp_path) as receiver:
        status, _, told = receiver.post(BATCH, encoded(item("a", 1))[:-1])
        assert (status, told["reason"]) == (400, "not_a_batch")
        assert told["detail"].startswith("[BATCH_NOT_JSON] ")
    assert read_all(tmp_path) == []


def test_a_batch_of_too_many_events_is_refused(tmp_path: Path) -> None:
    with Receiver(tmp_path, max_pending_events=2) as receiver:
        assert receiver.post(BATCH, encoded(item("a", 1), item("b", 2)))[0] == 202
        status, _, told = receiver.post(BATCH, encoded(*(item(str(i), i) for i in range(3))))
        assert (status, told["reason"]) == (413, "too_large")
        assert receiver.health()["pending_events"] == 0
    assert read_all(tmp_path) == [b"1", b"2"]


def test_a_batch_for_which_the_spool_has_no_room_leaves_nothing(tmp_path: Path) -> None:
    noise = [random.Random(seed).randbytes(250).hex() for seed in range(20)]
    large = encoded(*(item(str(i), text) for i, text in enumerate(noise)))
    with Receiver(tmp_path, limit_bytes=4000) as receiver:
        status, headers, told = receiver.post(BATCH, large)
        assert (status, told["reason"]) == (503, "spool_full")
        assert int(headers["retry-after"]) > 0
        assert receiver.post(BATCH, encoded(item("small", 1)))[0] == 202
    assert read_all(tmp_path) == [b"1"]


def test_an_event_whose_body_is_a_batch_is_one_event(tmp_path: Path) -> None:
    logged = [
        *BATCH,
        ("Ce-Id", "1"),
        ("Ce-Source", "pod"),
        ("Ce-Type", "org.kubeflow.serving.inference.request"),
        ("Ce-Time", "2026-11-23T00:36:06Z"),
    ]
    with Receiver(tmp_path) as receiver:
        assert receiver.post(logged, b"[{}, {}]")[0] == 202
    assert read_all(tmp_path) == [b"[{}, {}]"]
