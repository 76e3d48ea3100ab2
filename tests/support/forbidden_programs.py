"""Programs that a fast test may not start: Java, and the servers that other tests need."""

import os
import shutil
import tempfile
from pathlib import Path

__all__ = ["ForbiddenPrograms"]

NAMES = ("alertmanager", "java", "mariadb-install-db", "mariadbd", "prometheus-alertmanager")
SCRIPT = """\
#!/bin/sh
echo "${0##*/}" >> "%s"
echo "a fast test may not start ${0##*/}" >&2
exit 1
"""


class ForbiddenPrograms:
    """Stand before the real programs on the PATH: one that a test starts, or a process of a test, fails and is noted.

    Spark starts Java, so that no Spark session starts either.
    """

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="sparkmon-forbidden-"))
        self._notes = self.home / "started"
        self._before: dict[str, str | None] = {}

    def forbid(self) -> None:
        """Put the programs that fail in the real ones' place."""
        programs = self.home / "bin"
        programs.mkdir()
        for name in NAMES:
            (programs / name).write_text(SCRIPT % self._notes)
            (programs / name).chmod(0o755)
        path = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
        for name, value in {"JAVA_HOME": str(self.home), "PATH": path}.items():
            self._before[name] = os.environ.get(name)
            os.environ[name] = value

    def started(self) -> list[str]:
        """Return the names of the programs that were started until now."""
        return self._notes.read_text().split() if self._notes.exists() else []

    def allow(self) -> None:
        """Put the real programs back."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        shutil.rmtree(self.home, ignore_errors=True)
