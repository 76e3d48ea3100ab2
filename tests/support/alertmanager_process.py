"""A real Alertmanager for the tests: loopback only, no cluster, its data in a folder of its own."""

import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

import httpx

__all__ = ["AlertmanagerProcess"]

READY_WITHIN = 90.0
TRIES = 3
SETTINGS = """\
route: {receiver: nobody}
receivers: [{name: nobody}]
"""


class AlertmanagerProcess:
    """One Alertmanager, running between ``with`` and its end.

    Parameters
    ----------
    program : Path
        Its program.
    folder : Path
        An empty folder for settings, data and ``alertmanager.log``.
    settings : str
        Its configuration, as YAML.
    """

    url: str
    """Where it answers, once started."""

    def __init__(self, program: Path, folder: Path, settings: str = SETTINGS) -> None:
        self._program, self._folder = program, folder
        (folder / "alertmanager.yml").write_text(settings)

    def __enter__(self) -> "AlertmanagerProcess":
        for _ in range(TRIES):
            self._start()
            if self._answers():
                return self
            self._stop()
        log = (self._folder / "alertmanager.log").read_text()
        raise RuntimeError(f"Alertmanager did not start; it said:\n{log[-3000:]}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _start(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.url = f"http://{address}"
        command = [
            *(str(self._program), f"--config.file={self._folder / 'alertmanager.yml'}"),
            *(f"--storage.path={self._folder / 'data'}", f"--web.listen-address={address}"),
            "--cluster.listen-address=",
        ]
        with (self._folder / "alertmanager.log").open("ab") as log:
            # One that was fetched looks for its templates in the folder above.
            self._process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, cwd=self._program.parents[1]
            )

    def _answers(self) -> bool:
        end = time.monotonic() + READY_WITHIN
        while self._process.poll() is None and time.monotonic() < end:
            try:
                if httpx.get(f"{self.url}/-/ready", timeout=1, trust_env=False).is_success:
                    return True
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        return False

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
