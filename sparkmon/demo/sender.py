"""The traffic: the live flights as calls to the transformer at a constant rate; half-way the store breaks."""

import asyncio
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import httpx
import orjson
import pyarrow as pa

from sparkmon.demo.attacker import AT_ONCE, attack
from sparkmon.demo.callers import ATTACKER, CLIENT_HEADER, HONEST
from sparkmon.demo.flights import MODEL
from sparkmon.demo.late_labels import LateLabels
from sparkmon.errors import SparkmonError

CHUNKS = 288
ROWS_PER_CALL = 48
_NAMESPACE = uuid.UUID("7b0a6f0e-5f0c-4a53-9a5c-3c1d1f7d8a01")
_IN_FLIGHT = 4
_CHUNKS_OF_LABELS = 12
"""Labels are written every two seconds."""
ATTACK = range(CHUNKS // 16, CHUNKS // 2)
"""The chunks with which the attacker sends a call."""
_TRIES = 20
_TRY_AGAIN = {429, 502, 503, 504}


@dataclass
class Progress:
    """The progress, stored in a file."""

    sent_chunks: int = 0
    fault_time: str | None = None

    @classmethod
    def read(cls, path: Path) -> "Progress":
        """Read the file; without one, nothing has been sent."""
        return cls(**json.loads(path.read_text())) if path.exists() else cls()

    def write(self, path: Path) -> None:
        """Write the file atomically."""
        draft = path.with_suffix(".draft")
        with draft.open("w") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


class Sender(threading.Thread):
    """Sends all requests within some seconds: entity ids, and the feature that only the caller has.

    They are sent in chunks, always the same. The file ``note`` counts a chunk once all its calls are answered: killed
    at any point and started again, the sender repeats the calls of at most one chunk. ``reports`` are the ids of the
    flights' weather reports, ``labels`` takes what comes true. ``break_store`` is called once, before the second half,
    as a window of ``window_s`` begins: the rows of a window all have the fault, or none. In the first half a caller
    attacks the model with calls of its own.
    """

    def __init__(
        self,
        flights: pa.Table,
        reports: list[int],
        url: str,
        note: Path,
        seconds: float,
        break_store: Callable[[], None],
        labels: LateLabels,
        window_s: float,
    ) -> None:
        super().__init__(name="traffic", daemon=True)
        self._delays, self._reports, self._flights = flights["dep_delay"].to_pylist(), reports, flights
        self._url, self._note = url, note
        self._pause = seconds / CHUNKS
        self._break_store, self._labels, self._window_s = break_store, labels, window_s
        self.rows = flights.num_rows
        """Of honest callers."""
        self.attack_rows = AT_ONCE * len(ATTACK)
        self.progress = Progress.read(note)
        self.error: BaseException | None = None

    @property
    def share(self) -> float:
        """The share of the traffic that has been sent, from 0 to 1."""
        return self.progress.sent_chunks / CHUNKS

    def run(self) -> None:
        """Send until all calls are answered; a failure is stored in ``error``."""
        try:
            asyncio.run(self._send_all())
        except Exception as error:  # reported by the main thread
            self.error = error

    async def _send_all(self) -> None:
        progress = self.progress
        attacker = attack(self._flights, seed=1)
        queries = next(attacker)
        async with httpx.AsyncClient(base_url=self._url, timeout=30) as client:
            for index in range(progress.sent_chunks, CHUNKS):
                start = time.monotonic()
                if index >= CHUNKS // 2 and progress.fault_time is None:
                    await asyncio.sleep(self._window_s - time.time() % self._window_s)
                    # Before the fault: no window that ends by this time has rows with it.
                    progress.fault_time = datetime.now(timezone.utc).isoformat()
                    self._break_store()
                start_row, end_row = (self.rows * place // CHUNKS for place in (index, index + 1))
                calls = range(start_row, end_row, ROWS_PER_CALL)
                for first in range(0, len(calls), _IN_FLIGHT):
                    some = calls[first : first + _IN_FLIGHT]
                    await asyncio.gather(*(self._ask(client, range(row, end_row)[:ROWS_PER_CALL]) for row in some))
                if index in ATTACK:
                    instances = [row | {"weather_report": self._reports[int(row["flight"])]} for row in queries]
                    queries = attacker.send(await self._call(client, instances, ATTACKER, f"attack-{index}"))
                if index % _CHUNKS_OF_LABELS == 0:
                    self._labels.write()
                progress.sent_chunks = index + 1
                progress.write(self._note)
                await asyncio.sleep(max(0.0, self._pause - (time.monotonic() - start)))

    async def _ask(self, client: httpx.AsyncClient, rows: range) -> None:
        instances = [{"flight": n, "weather_report": self._reports[n], "dep_delay": self._delays[n]} for n in rows]
        caller = HONEST[rows.start // ROWS_PER_CALL % len(HONEST)]
        name = f"call-{rows.start}"
        await self._call(client, instances, caller, name)
        self._labels.learn(_request_id(name), rows, strike=self.progress.fault_time is not None)

    @staticmethod
    async def _call(
        client: httpx.AsyncClient, instances: list[dict[str, Any]], caller: str, name: str
    ) -> Sequence[float]:
        body = orjson.dumps({"instances": instances})
        headers = {"Content-Type": "application/json", "X-Request-Id": _request_id(name), CLIENT_HEADER: caller}
        for attempt in range(_TRIES):
            try:
                answer = await client.post(f"/v1/models/{MODEL}:predict", content=body, headers=headers)
            except httpx.TransportError:
                if attempt == _TRIES - 1:
                    raise
            else:
                if answer.is_success:
                    predictions: list[float] = answer.json()["predictions"]
                    if len(predictions) != len(instances):
                        raise SparkmonError(f"sent {len(instances)} flights, got {len(predictions)} predictions")
                    return predictions
                if answer.status_code not in _TRY_AGAIN:
                    raise SparkmonError(f"a call was refused: {answer.status_code} {answer.text}")
            await asyncio.sleep(0.1 * 2 ** min(attempt, 4))
        raise SparkmonError(f"the transformer was not ready after {_TRIES} tries")


def _request_id(name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, name))
