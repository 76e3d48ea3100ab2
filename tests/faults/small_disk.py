"""A small disk that a test can fill: a tmpfs of its own, which root may mount; nobody else's space is touched."""

import os
import subprocess
from pathlib import Path
from types import TracebackType

import pytest

__all__ = ["SmallDisk"]

_BALLAST = "ballast"


class SmallDisk:
    """A file system of so many bytes on a directory, between ``with`` and its end.

    It takes a mount, because a limit of a process (RLIMIT_FSIZE) gives another error than a disk that is full (EFBIG),
    and counts each file by itself. Where mounting is not allowed the test is skipped, which CI does not accept.
    """

    def __init__(self, path: Path, size_bytes: int) -> None:
        self.path, self._size = path, size_bytes

    def __enter__(self) -> "SmallDisk":
        self.path.mkdir(parents=True, exist_ok=True)
        options = f"size={self._size},mode=0755"
        mount = ["mount", "-t", "tmpfs", "-o", options, "sparkmon-test", str(self.path)]
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"a small disk takes root: {done.stderr.strip()}")
        return self

    @property
    def free_bytes(self) -> int:
        """How much room is left."""
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def fill(self, leave_bytes: int = 0) -> None:
        """Fill it with a file of our own."""
        with (self.path / _BALLAST).open("ab") as file:
            file.write(bytes(max(0, self.free_bytes - leave_bytes)))

    def make_room(self) -> None:
        """Remove that file."""
        (self.path / _BALLAST).unlink()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        subprocess.run(["umount", "-l", str(self.path)], check=True)
