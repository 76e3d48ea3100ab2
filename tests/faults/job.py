"""A user's job: ``sparkmon run`` on a monitor.yaml, in processes of its own that can be killed as a whole."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.protocol import events_to_batch
from sparkmon.records import Event
from tests.support.source import ROOT

__all__ = ["IDLE_S", "Job", "Place"]

IDLE_S = 4.0
"""How long a job plans no batch for it to be at rest."""
_PATIENCE_S = 400.0
_SPOOL = "{format: kserve, path: spool, options: {maxEventsPerTrigger: 45}}"
_MONITOR = """\
source: %s
store: {path: %s}
tables: ./tables
windows: {length: 1 hour, delay: 10 minutes}
trigger: 100 milliseconds
checks: {statistics: [psi]}
alerting:
  sinks: [{sink: console}]
spark:
  spark.master: %s
  spark.driver.memory: 1g
  spark.driver.extraJavaOptions: -XX:TieredStopAtLevel=1 -XX:+UseSerialGC %s
  spark.sql.shuffle.partitions: 2
  spark.sql.codegen.wholeStage: false
  spark.sql.codegen.factoryMode: NO_CODEGEN
"""
# Jobs that live for seconds spend two thirds of them on compilers otherwise.


class Place:
    """A directory with a monitor.yaml, a spool and tables.

    Parameters
    ----------
    path : Path
        The directory; made if it is not there.
    store : Path
        Holds the references.
    source, master : str
        What the monitor.yaml says of them.
    more : str
        Further lines of it.
    java : str
        Options for the JVM, beside those of a short life.
    """

    def __init__(
        self, path: Path, store: Path, *, source: str = _SPOOL, master: str = "local[2]", more: str = "", java: str = ""
    ) -> None:
        self.path, self.tables = path, path / "tables"
        self.spool, self.checkpoints = path / "spool", path / "tables" / "checkpoints"
        path.mkdir(parents=True, exist_ok=True)
        self.spool.mkdir(exist_ok=True)
        self.config = path / "monitor.yaml"
        self._written = (source, store, master), more
        self.configure(java)

    def configure(self, java: str = "") -> None:
        """Write the monitor.yaml, with options for the JVM."""
        written, more = self._written
        self.config.write_text(_MONITOR % (*written, java) + more)

    def log(self, *batches: Sequence[Event]) -> None:
        """Append events to the spool, a block each."""
        with SpoolWriter(self.spool) as spool:
            for events in batches:
                spool.append(events_to_batch(events))

    def batches(self, kind: str, query: str = "ingest") -> set[int]:
        """Read the numbers of the batches that were planned (``offsets``) or done (``commits``)."""
        names = (file.name for file in (self.checkpoints / query / kind).glob("[0-9]*"))
        return {int(name) for name in names if name.isdecimal()}

    def run(self, *arguments: str, status: int = 0, patience_s: float = _PATIENCE_S) -> str:
        """Run the job to its end; give what it said."""
        with self.start(*arguments) as job:
            return job.ended(status, patience_s)

    def start(self, *arguments: str) -> "Job":
        """Start the job."""
        return Job(self, arguments)


class Job:
    """A running ``sparkmon run``; leaving it kills all of it that still runs."""

    def __init__(self, place: Place, arguments: Sequence[str]) -> None:
        self.place = place
        self._said = place.path / "said.log"
        command = [sys.executable, "-m", "sparkmon", "run", str(place.config), *arguments]
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"},
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        """All that it has said."""
        return self._said.read_text(errors="replace")

    @property
    def late(self) -> int:
        """How many rows it has said to be late."""
        return sum(map(int, re.findall(r"(\d+) rows came after", self.said)))

    def until(self, what: str, is_so: object, patience_s: float = _PATIENCE_S) -> None:
        """Wait until a callable gives something true."""
        assert callable(is_so)
        deadline = time.monotonic() + patience_s
        while not is_so():
            assert self.process.poll() is None, f"it ended before {what}:\n{self.said[-3000:]}"
            assert time.monotonic() < deadline, f"{what} did not come:\n{self.said[-3000:]}"
            time.sleep(0.02)

    def until_started(self) -> None:
        """Wait until its queries run."""
        self.until("it watched", lambda: "sparkmon: watching" in self.said)

    def until_idle(self) -> None:
        """Wait until every batch that was planned is done, and no more come for some seconds."""
        quiet_since = time.monotonic()
        seen: object = None

        def at_rest() -> bool:
            nonlocal quiet_since, seen
            now = [self.place.batches(kind) for kind in ("offsets", "commits")]
            if now != seen or now[0] != now[1]:
                quiet_since, seen = time.monotonic(), now
            return time.monotonic() - quiet_since > IDLE_S

        self.until("it came to rest", at_rest)

    def ended(self, status: int = 0, patience_s: float = _PATIENCE_S) -> str:
        """Wait for its end; give what it said."""
        found = self.process.wait(patience_s)
        assert found == status, f"exit status {found}:\n{self.said[-4000:]}"
        deadline = time.monotonic() + patience_s
        while self._lives() and time.monotonic() < deadline:  # its JVM ends a moment later
            time.sleep(0.1)
        return self.said

    def _lives(self) -> bool:
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> None:
        """Kill the driver, its JVM and all workers at once, as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> str:
        """Stop it as Kubernetes does; give what it said."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def __enter__(self) -> "Job":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.process.wait()
