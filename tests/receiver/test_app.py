"""The receiver as a process of its own, posted to over loopback."""

import math
import socket
import threading
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from sparkmon.errors import OptionError
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.receiver.settings import ReceiverSettings
from tests.support.receiver import CAPTURES, Receiver, captured, event_headers
from tests.support.spools import log, read_all

pytestmark = pytest.mark.slow

CASES = sorted(path.stem for path in CAPTURES.glob("*.json") if path.stem != "INDEX")


def rows(path: Path) -> list[dict[str, Any]]:
    """Every event of the spool as a dict."""
    spool = log(path)
    parts = spool.parts(spool.first(), spool.last(), 1 << 30)
    return [row for part in parts for found in spool.read(part) for row in found.to_pylist()]


def test_captured_events_are_kept_byte_for_byte(tmp_path: Path) -> None:
    sent = [event for case in CASES for event in captured(case)]
    with Receiver(tmp_path) as receiver:
        answers = [receiver.post(headers, body, "/any/path")[0] for headers, body in sent]
        assert receiver.terminate() == 0
    assert answers == [202] * len(sent)
    kept = rows(tmp_path)
    assert [row["payload"] for row in kept] == [body for _, body in sent]
    assert [row["event_id"] for row in kept] == [dict(headers)["Ce-Id"] for headers, _ in sent]
    assert all(row["condition"] is None for row in kept)


def test_the_fields_of_a_known_event_are_read(tmp_path: Path) -> None:
    with Receiver(tmp_path) as receiver:
        for headers, body in captured("v1_predict_json"):
            receiver.post(headers, body)
    request, response = rows(tmp_path)
    assert (request["event_type"], response["event_type"]) == ("request", "response")
    assert request["event_time"].isoformat() == "2026-11-23T00:36:06.741913+00:00"
    assert request["recorded_time"].isoformat() == "2026-11-23T00:36:06.742177+00:00"
    assert request["metadata"] == [("X-Request-Id", ["req-0001"])]
    assert dict(request["annotations"]) == {"model-version": "3", "team": "risk"}
    assert (request["model"], request["endpoint"]) == ("iris", "default")
    assert response["payload"] == b'{"predictions":[1,1]}'
    assert request["request_payload"] is response["request_payload"] is None


def test_a_response_carries_its_request_when_pairing_is_on(tmp_path: Path) -> None:
    (request, response) = captured("v1_predict_json")
    with Receiver(tmp_path, pair_seconds=10) as receiver:
        for headers, body in (request, response):
            receiver.post(headers, body)
        assert receiver.metric("sparkmon_receiver_paired_total") == 1
    first, second = rows(tmp_path)
    assert first["request_payload"] is None
    assert second["request_payload"] == request[1]
    assert second["request_time"] == first["event_time"]


def test_what_is_no_cloudevent_is_refused_and_what_is_broken_is_kept(tmp_path: Path) -> None:
    broken = [*event_headers("b"), ("Ce-Metadata", "{not json")]
    with Receiver(tmp_path) as receiver:
        status, _, told = receiver.post([("Content-Type", "application/json")], b"{}")
        assert (status, told["reason"]) == (400, "not_a_cloudevent")
        assert receiver.post([("Ce-Id", "no-type")], b"kept")[0] == 202
        assert receiver.post(broken, b"kept, too")[0] == 202
        assert receiver.metric('sparkmon_receiver_refused_total{reason="not_a_cloudevent"}') == 1
    kept = rows(tmp_path)
    assert [row["payload"] for row in kept] == [b"kept", b"kept, too"]
    assert all(row["condition"] for row in kept)


def test_a_body_over_the_limit_is_refused_announced_or_not(tmp_path: Path) -> None:
    with Receiver(tmp_path, max_event_bytes=1000) as receiver:
        assert receiver.post(event_headers("fits"), b"x" * 1000)[0] == 202
        announced = [*event_headers("large"), ("Content-Length", "1001")]
        assert receiver.post(announced, b"")[0] == 413  # answered before any body came
        chunked = [*event_headers("chunked"), ("Transfer-Encoding", "chunked")]
        body = b"%x\r\n%s\r\n" % (600, b"y" * 600)
        assert receiver.post(chunked, body + b"0\r\n\r\n")[0] == 202
        assert receiver.post(chunked, body + body)[0] == 413
        assert receiver.health()["pending_events"] == 0
    assert [len(payload) for payload in read_all(tmp_path)] == [1000, 600]


def test_a_full_spool_removes_the_oldest_and_says_so(tmp_path: Path) -> None:
    with Receiver(tmp_path, limit_bytes=4000) as receiver:
        bodies = [b'{"instances": [[%d]]}' % number for number in range(30)]
        assert {receiver.post(event_headers("e"), body)[0] for body in bodies} == {202}
        health = receiver.health()
        assert (health["status"], health["limit_bytes"], health["error"]) == ("degraded", 4000, None)
        removed = receiver.metric("sparkmon_receiver_unread_bytes_removed_total")
        assert 0 < health["spool_bytes"] <= 4000 < removed == health["unread_removed_bytes"]
        assert receiver.metric("sparkmon_receiver_full_in_hours") == math.inf  # after a minute
        receiver.terminate()
    kept = read_all(tmp_path)
    assert kept == bodies[-len(kept) :]
    assert any("bytes of events that not every query had read were removed" in line for line in receiver.said)


def test_too_much_pending_answers_503_and_sigterm_answers_what_waits(tmp_path: Path) -> None:
    with Receiver(tmp_path, max_pending_events=1, commit_interval_ms=1000) as receiver:
        answers: list[int] = []
        first = threading.Thread(target=lambda: answers.append(receiver.post(event_headers("first"), b"1")[0]))
        first.start()
        for _ in range(1000):
            if receiver.health()["pending_events"]:
                break
        status, headers, told = receiver.post(event_headers("second"), b"2")
        assert (status, told["reason"]) == (503, "pending_full")
        assert "retry-after" in headers
        assert receiver.terminate() == 0
        first.join()
    assert answers == [202]
    assert read_all(tmp_path) == [b"1"]
    SpoolWriter(tmp_path).close()  # the directory is free again


def test_a_sender_that_breaks_off_takes_no_room(tmp_path: Path) -> None:
    with Receiver(tmp_path, max_pending_events=1) as receiver:
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", receiver.port)) as connection:
                connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
            for _ in range(1000):
                if not receiver.health()["pending_events"]:
                    break
        for _ in range(1000):  # the receiver may hear of the last break only now
            if receiver.post(event_headers("whole"), b"whole")[0] == 202:
                break
    assert read_all(tmp_path) == [b"whole"]


def test_every_acknowledged_event_survives_kill_9(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    enough = threading.Event()

    def send(sender: int) -> None:
        connection = receiver.connect()
        try:
            for turn in range(10_000):
                name = f"{sender}-{turn}"
                connection.request("POST", "/", name, dict(event_headers(name)))
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 202
                acknowledged.append(name)
                if len(acknowledged) > 300:
                    enough.set()
        except (OSError, HTTPException):
            return  # the receiver has been killed, perhaps half-way through an answer
        finally:
            connection.close()

    with Receiver(tmp_path) as receiver:
        senders = [threading.Thread(target=send, args=[sender]) for sender in range(8)]
        for thread in senders:
            thread.start()
        assert enough.wait(30)
        receiver.process.kill()
        for thread in senders:
            thread.join()
    SpoolWriter(tmp_path).close()
    kept = {payload.decode() for payload in read_all(tmp_path)}
    assert len(acknowledged) > 300
    assert set(acknowledged) <= kept
    assert len(kept) <= len(acknowledged) + len(senders)


def test_health_and_metrics_count_what_was_kept(tmp_path: Path) -> None:
    with Receiver(tmp_path) as receiver:
        assert receiver.health()["last_commit_time"] is None
        for headers, body in captured("v1_predict_json"):
            receiver.post(headers, body)
        receiver.post([("Ce-Id", "no-type")], b"12345")
        health = receiver.health()
        size = sum(file.stat().st_size for file in tmp_path.glob("*.spool"))
        assert (health["status"], health["spool_bytes"]) == ("ok", size)
        assert health["last_commit_time"] is not None
        wanted = {
            'sparkmon_receiver_events_total{type="request"}': 1,
            'sparkmon_receiver_events_total{type="response"}': 1,
            "sparkmon_receiver_bytes_total": 59 + 21 + 5,
            "sparkmon_receiver_commit_events_sum": 3,
            "sparkmon_receiver_commit_seconds_count": 3,
            "sparkmon_receiver_spool_bytes": size,
            "sparkmon_receiver_pending_events": 0,
        }
        assert {sample: receiver.metric(sample) for sample in wanted} == wanted


def test_a_second_receiver_on_one_spool_does_not_start(tmp_path: Path) -> None:
    with Receiver(tmp_path), pytest.raises(AssertionError, match=r"SpoolError.*is being written by"):
        Receiver(tmp_path)


@pytest.mark.parametrize(
    ("setting", "value"), [("port", -1), ("commit_interval_ms", 5000), ("pair_seconds", -1), ("max_pending_bytes", 10)]
)
def test_a_setting_out_of_range_is_refused(setting: str, value: int) -> None:
    told: dict[str, Any] = {setting: value}
    with pytest.raises(OptionError, match=rf"got {setting}={value}; expected "):
        ReceiverSettings("/tmp/spool", **told)
