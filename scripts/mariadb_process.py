"""A MariaDB server as a child process: private data, one loopback address, ends with this process."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from sparkmon.errors import SparkmonError

__all__ = ["MariaDbProcess"]

_FETCHED = Path(__file__).parents[1] / "build" / "mariadb"
_START_S = 120.0
_STOP_S = 20.0
_TRIES = 3

# The shell outlives its parent: if its input closes without a word, it ends the server and removes the folder.
_WATCH = """\
exec 3<&0
"$@" <&- &
server=$!
echo $server
( read -r word <&3 || { kill -9 $server; rm -rf "$FOLDER"; } ) &
wait $server
"""
_FEW_RESOURCES = (
    "--skip-log-bin",
    "--performance-schema=OFF",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=8M",
    "--innodb-flush-log-at-trx-commit=2",
    "--max-connections=300",
)


class MariaDbProcess:
    """Start a MariaDB server, and stop it at the end of the block; it also ends if this process is killed.

    It reads no configuration of the machine, writes only into its own temporary folder, and does not touch other
    servers. Started by root, it runs as ``nobody``.

    Parameters
    ----------
    host : str, default "127.0.0.1"
        The address to listen on.
    port : int, optional
        The port; by default a free one.

    Raises
    ------
    SparkmonError
        No server is installed or fetched, or it does not start.

    Notes
    -----
    ``mariadbd`` and ``mariadb-install-db`` come from the PATH, else from ``build/mariadb``, where ``make
    demo-mysql`` and ``make test`` fetch them.
    """

    pid: int
    """The server's process, once started."""

    def __init__(self, host: str = "127.0.0.1", port: int | None = None) -> None:
        self.host, self.port = host, port or 0
        self._fixed_port = port
        self._password = secrets.token_urlsafe(12)
        self._folder = Path()
        self._watch: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        return f"MariaDbProcess({self.host!r}, {self.port})"

    @property
    def url(self) -> str:
        """The URL, with password, of the database ``sparkmon``, created with the server."""
        return f"mysql://sparkmon:{self._password}@{self.host}:{self.port}/sparkmon"

    def __enter__(self) -> "MariaDbProcess":
        server, install = _program("mariadbd"), _program("mariadb-install-db")
        self._folder = Path(tempfile.mkdtemp(prefix="sparkmon-mariadb-"))
        try:
            self._install(server, install)
            self.start()
        # Control-C too: nothing may be left behind.
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start the server on its data; a restart keeps the port."""
        self.stop()
        for _ in range(_TRIES if self._fixed_port is None else 1):
            self.port = self._fixed_port or _free_port(self.host)
            self._launch()
            if self._ready():
                self._fixed_port = self.port
                return
            self.stop()
        log = self._folder / "server.log"
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
        raise SparkmonError(f"MariaDB did not start at {self.host}:{self.port}; its log ends with:\n{tail}")

    def stop(self) -> None:
        """Stop the server and keep its data; does nothing if it is not running."""
        watch, self._watch = self._watch, None
        if watch is None:
            return
        with suppress(ProcessLookupError):
            if watch.poll() is None:
                os.kill(self.pid, signal.SIGCONT)
                os.kill(self.pid, signal.SIGTERM)
        try:
            watch.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            os.kill(self.pid, signal.SIGKILL)
            watch.wait()
        with suppress(BrokenPipeError):
            watch.communicate(b"stopped\n")

    def _install(self, server: Path, install: Path) -> None:
        start = self._folder / "start.sql"
        start.touch(mode=0o600)
        start.write_text(
            # The server reads one statement a line.
            "CREATE DATABASE IF NOT EXISTS sparkmon CHARACTER SET utf8mb4;\n"
            f"CREATE USER IF NOT EXISTS sparkmon@'%' IDENTIFIED BY '{self._password}';\n"
            "GRANT ALL ON *.* TO sparkmon@'%' WITH GRANT OPTION;\n"
        )
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for path in (self._folder, start):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        result = subprocess.run(
            [
                *(str(install), "--no-defaults", *_base(server), f"--datadir={self._folder / 'data'}"),
                *("--auth-root-authentication-method=normal", "--skip-test-db"),
                *("--skip-name-resolve", *_user()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if result.returncode:
            output = result.stdout.decode(errors="replace")[-2000:]
            raise SparkmonError(f"MariaDB's data directory could not be created:\n{output}")

    def _launch(self) -> None:
        server, folder = _program("mariadbd"), self._folder
        command = [
            *(str(server), "--no-defaults", *_base(server), *_user(), f"--datadir={folder / 'data'}"),
            *(f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}"),
            *(f"--bind-address={self.host}", f"--port={self.port}", "--skip-name-resolve"),
            *(f"--init-file={folder / 'start.sql'}", *_FEW_RESOURCES),
        ]
        with (folder / "server.log").open("ab") as log:
            self._watch = subprocess.Popen(
                ["/bin/sh", "-c", _WATCH, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | {"FOLDER": str(folder)},
                # Control-C at the terminal interrupts this process, which then stops the server.
                start_new_session=True,
            )
        assert self._watch.stdout is not None
        self.pid = int(self._watch.stdout.readline())

    def _ready(self) -> bool:
        deadline = time.monotonic() + _START_S
        while self._watch and self._watch.poll() is None and time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection((self.host, self.port), 1) as link:
                if link.recv(1):
                    return True
            time.sleep(0.05)
        return False


def _program(name: str) -> Path:
    fetched = os.pathsep.join(str(_FETCHED / each) for each in ("bin", "scripts"))
    path = shutil.which(name) or shutil.which(name, path=fetched)
    if path is None:
        raise SparkmonError(f"{name} was not found; run `make demo-mysql`, which fetches it, or install mariadb-server")
    return Path(path)


def _base(server: Path) -> tuple[str, ...]:
    """Return the option by which a fetched server finds its messages and scripts."""
    return (f"--basedir={_FETCHED}",) if server.is_relative_to(_FETCHED) else ()


def _user() -> tuple[str, ...]:
    return ("--user=nobody",) if os.geteuid() == 0 else ()


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])
