"""Run ``sparkmon demo`` over a MariaDB of its own: ``python -m scripts.demo_mysql [OPTION ...]``."""

import subprocess
import sys

from scripts.mariadb_process import MariaDbProcess


def main(options: list[str]) -> int:
    """Start a server, run the demo with its features there, and return the demo's exit status."""
    with MariaDbProcess() as server:
        command = [sys.executable, "-m", "sparkmon", "demo", "--store", server.url, *options]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
