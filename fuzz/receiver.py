"""A running receiver under schemathesis, and under requests that are no HTTP.

It has to answer every request, never with 500, be alive afterwards, and have in its spool exactly what it acknowledged.
"""

from __future__ import annotations

import base64
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from fuzz.openapi import document
from sparkmon.protocol import from_http, from_structured_batch
from sparkmon.protocol.structured_batch import is_structured_batch
from sparkmon.records import Event
from tests.support.receiver import CAPTURES, Receiver, captured
from tests.support.source import ROOT
from tests.support.spools import log

__all__ = ["Found", "fuzz_receiver"]

_CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
_LISTED, _SETTLE_S = 50, 10.0
_ANSWER = re.compile(rb"HTTP/1\.1 (\d{3}) ")


class Found(NamedTuple):
    """What came of it: statuses and how often, and what was wrong."""

    statuses: Counter[int]
    kept: int
    failures: list[str]


def fuzz_receiver(seconds: int, folder: Path) -> Found:
    """Fuzz a receiver, three quarters of the time by schemathesis, and look at its spool."""
    folder.mkdir(parents=True, exist_ok=True)
    notes = folder / "http.notes"
    notes.write_text("")
    with TemporaryDirectory(prefix="sparkmon-fuzz-") as spool, Receiver(Path(spool), request_seconds=2) as receiver:
        # Read at once: a log that fills its pipe would stop the receiver.
        listening = threading.Thread(target=_listen, args=[receiver])
        listening.start()
        failures = _by_schema(receiver, seconds * 3 // 4, folder, notes)
        answers = [json.loads(line) for line in notes.read_text().splitlines()]
        statuses = Counter(int(note["status"]) for note in answers)
        failures += _compare(_sent(answers), Path(spool))
        raw, more = _no_http(receiver, seconds - seconds * 3 // 4, folder)
        failures += more
        failures += _unwell(receiver)
        receiver.process.terminate()
        if receiver.process.wait(20) != 0:
            failures.append("the receiver did not end well")
        listening.join()
        wrong = [line for line in receiver.said if not line.startswith("INFO:")]
        failures += wrong[:_LISTED]
        kept = len(_rows(Path(spool)))
    return Found(statuses + raw, kept, failures)


def _unwell(receiver: Receiver) -> list[str]:
    """Say what is wrong with a receiver that nobody posts to any more: what was pending has to be settled soon."""
    end = time.monotonic() + _SETTLE_S
    while receiver.health()["pending_events"] and time.monotonic() < end:
        time.sleep(0.1)
    found = receiver.health()
    well = found["status"] == "ok" and not found["pending_events"]
    return [] if well else [f"the receiver is not well: {found}"]


def _listen(receiver: Receiver) -> None:
    receiver.said += receiver.process.stderr or []


def _by_schema(receiver: Receiver, seconds: int, folder: Path, notes: Path) -> list[str]:
    schema = folder / "openapi.json"
    schema.write_text(json.dumps(document()))
    command = [
        *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("run", str(schema), "--url", f"http://127.0.0.1:{receiver.port}"),
        *("--max-time", str(seconds), "--max-examples", "1000000", "--checks", _CHECKS),
        *("--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--workers", "1"),
        *("--request-timeout", "20"),
    ]
    variables = {"SPARKMON_FUZZ_NOTES": str(notes), "SCHEMATHESIS_HOOKS": "fuzz.acknowledged"}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | variables | {"PYTHONPATH": str(ROOT)},
        timeout=seconds + 300,
    )
    (folder / "schemathesis.log").write_text(done.stdout + done.stderr)
    return [] if done.returncode == 0 else [f"schemathesis: see {folder / 'schemathesis.log'}"]


def _sent(answers: list[dict[str, Any]]) -> Iterator[Event]:
    for note in answers:
        if note["status"] == 202:
            body = base64.b64decode(note["body"])
            headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in note["headers"]]
            if is_structured_batch(headers):
                yield from from_structured_batch(body)
            else:
                yield from_http(headers, body)


def _rows(spool: Path) -> list[dict[str, Any]]:
    found = log(spool)
    parts = found.parts(found.first(), found.last(), 1 << 30)
    return [row for part in parts for batch in found.read(part) for row in batch.to_pylist()]


def _compare(sent: Iterator[Event], spool: Path) -> list[str]:
    """Compare what was acknowledged with what is kept: the same events in the same order."""
    expected = [(event.event_id, event.event_type, event.payload) for event in sent]
    kept = [(row["event_id"], row["event_type"], row["payload"]) for row in _rows(spool)]
    if kept == expected:
        return []
    at = next((n for n, pair in enumerate(zip(kept, expected, strict=False)) if pair[0] != pair[1]), -1)
    return [f"{len(expected)} events acknowledged, {len(kept)} kept; they differ from event {at} on"]


def _no_http(receiver: Receiver, seconds: int, folder: Path) -> tuple[Counter[int], list[str]]:
    """Send captured requests with bytes changed, cut, repeated; each has to be answered or closed."""
    dice = random.Random(int.from_bytes(os.urandom(8), "big"))
    good = list(_requests())
    statuses: Counter[int] = Counter()
    failures: list[str] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sent = _spoilt(dice, good)
        answer = _answer(receiver, sent)
        found = [int(status) for status in _ANSWER.findall(answer or b"")]
        statuses.update(found)
        if answer is None or any(status >= 500 and status != 503 for status in found):
            file = folder / f"http-{len(failures)}.bin"
            file.write_bytes(sent)
            failures.append(f"{'not closed' if answer is None else found} after {file}")
    return statuses, failures


def _answer(receiver: Receiver, sent: bytes) -> bytes | None:
    """Send bytes and the end; None where the receiver does not close the connection in its turn."""
    answer = b""
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=10) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while received := connection.recv(65536):
                answer += received
        except ConnectionError:
            pass  # closed by the receiver before it had read all, as it may
        except TimeoutError:
            return None
    return answer


def _requests() -> Iterator[bytes]:
    for path in sorted(CAPTURES.glob("*.json")):
        for headers, body in captured(path.stem) if path.stem != "INDEX" else ():
            lines = [f"{name}: {value}".encode() for name, value in headers]
            yield b"POST / HTTP/1.1\r\n" + b"\r\n".join(lines) + b"\r\n\r\n" + body


def _spoilt(dice: random.Random, good: list[bytes]) -> bytes:
    data = bytearray(dice.choice(good))
    for _ in range(dice.randint(0, 6)):
        at = dice.randrange(len(data) + 1)
        kind = dice.randrange(5)
        if kind == 0:
            data[at : at + 1] = bytes([dice.randrange(256)])
        elif kind == 1:
            del data[at : at + dice.randint(1, 100)]
        elif kind == 2:
            data[at:at] = dice.choice((b"\r\n", b"\0", b":", b" ", b"\xff", b"Content-Length: 9\r\n"))
        elif kind == 3:
            data[at:at] = data[at : at + dice.randint(1, 500)]
        else:
            data += dice.choice(good)
    return bytes(data)
