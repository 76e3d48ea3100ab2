"""A Spark standalone cluster on loopback: a master and workers, whose executors can be killed."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil
import pyspark

from tests.support.ports import free_ports

__all__ = ["Cluster"]

_SPARK = Path(pyspark.__file__).parent
_PATIENCE_S = 600.0
_AT_WORK_S = 0.2
_EXECUTOR = "CoarseGrainedExecutorBackend"


class Cluster:
    """A master and some workers of one core, running between ``with`` and its end.

    Parameters
    ----------
    folder : Path
        Logs and the executors' work.
    workers : int
        How many.
    """

    def __init__(self, folder: Path, workers: int) -> None:
        self._folder, self._count = folder, workers
        (port,) = free_ports(1)
        self.master = f"spark://127.0.0.1:{port}"
        self._port = port
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Cluster":
        self._folder.mkdir()
        self._launch("master.Master", "--port", str(self._port), "--webui-port", "0")
        for number in range(self._count):
            place = ("--work-dir", str(self._folder / f"work-{number}"))
            size = ("--cores", "1", "--memory", "1g", "--webui-port", "0")
            self._launch("worker.Worker", *size, *place, self.master)
        return self

    def executors(self) -> list[list[int]]:
        """Give the process ids of the executors of each worker that was started."""
        below = [_below(worker.pid) for worker in self._processes[1:]]
        return [[process.pid for process in each if _EXECUTOR in _command(process)] for each in below]

    def kill_executor(self) -> int:
        """Kill the first executor whose task is at work in Python, and give the number of its worker."""
        deadline = time.monotonic() + _PATIENCE_S
        before: dict[int, float] = {}
        while time.monotonic() < deadline:
            for number, pids in enumerate(self.executors()):
                for pid in pids:
                    spent = _python_cpu_s(pid)
                    if spent - before.setdefault(pid, spent) > _AT_WORK_S:
                        os.kill(pid, signal.SIGKILL)
                        return number
            time.sleep(0.01)
        raise AssertionError("no executor runs a task")

    def kill_worker(self, number: int) -> None:
        """Kill a worker and its executors, as a lost machine does."""
        executors = self.executors()[number]
        for pid in (self._processes[1 + number].pid, *executors):
            os.kill(pid, signal.SIGKILL)
        self._processes[1 + number].wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _launch(self, kind: str, *arguments: str) -> None:
        command = [str(_SPARK / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}"]
        environment = os.environ | {
            "SPARK_HOME": str(_SPARK),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_DAEMON_MEMORY": "256m",
            "PYSPARK_PYTHON": sys.executable,
        }
        with (self._folder / "daemons.log").open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    [*command, "--host", "127.0.0.1", *arguments], env=environment, stdout=log, stderr=subprocess.STDOUT
                )
            )


def _below(pid: int) -> list[psutil.Process]:
    """Return what descends from a process; nothing if it has ended."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _python_cpu_s(executor: int) -> float:
    """Return what Python has spent below an executor: its processes stay when a task has ended."""
    spent = 0.0
    for process in _below(executor):
        with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
            spent += sum(process.cpu_times()[:2])
    return spent


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it has ended meanwhile
        return ""
