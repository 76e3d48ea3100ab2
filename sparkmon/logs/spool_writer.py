"""The spool: events on local disk in append-only segments, so that an acknowledged event survives a crash.

A spool is a directory of files ``000000000000.spool``, ``000000000001.spool``, ... with no number missing except at the
front. Each is a row of blocks (see ``spool_block``), one for each group commit. One process writes it; any number
read it (see ``spool_reader``), also while it is written.
"""

import errno
import fcntl
import os
import secrets
import socket
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from sparkmon.errors import SpoolError
from sparkmon.logs.spool_block import encode_block, identity_of
from sparkmon.logs.spool_notes import Place, committed_place
from sparkmon.logs.spool_reader import list_segments, segment_name
from sparkmon.logs.spool_segment import Segment, closed_segment, cut_torn_tail

_LOCK = "spool.lock"
_RESERVE_BYTES = 256 * 2**10
"""What stays free on the disk, so that queries can still note what they have read, by which segments may go."""
_PARTS_OF_AGE = 8
"""A segment is closed after this part of the time that events are kept: few are kept much longer with younger ones."""


class SpoolWriter:
    """The one writer of a spool directory. Not for use by two threads at once; POSIX only.

    Parameters
    ----------
    path : str or Path
        The directory, made if it is not there. It must be on a disk that keeps what fsync says it keeps.
    segment_bytes : int, default 64 MiB
        A segment that would grow beyond is closed and the next begun.
    limit_bytes : int, default 10 GiB
        All segments together. At the limit the oldest are removed, those first that every query has read, and the one
        being written never; a segment is at most a quarter of it.

    Raises SpoolError: another process writes this directory (the message says which), or it cannot be made.

    Notes
    -----
    On opening, a torn block at the end of the last segment is cut off: its append never returned, so it was
    never acknowledged. Writing goes on in a new segment, so that no position ever stands for two blocks, under an
    identity that each opening draws: a reader knows by it that a segment is the one in which it stopped.

    Examples
    --------
    >>> import tempfile
    >>> from sparkmon.protocol.schema import EVENTS
    >>> with tempfile.TemporaryDirectory() as path, SpoolWriter(path) as spool:
    ...     _ = spool.append(pa.RecordBatch.from_pylist([], schema=EVENTS))
    ...     sorted(os.listdir(path))
    ['000000000000.spool', 'spool.lock']
    """

    def __init__(self, path: str | Path, segment_bytes: int = 64 * 2**20, limit_bytes: int = 10 * 2**30) -> None:
        self.path = Path(path).absolute()
        self.segment_bytes = min(segment_bytes, max(1, limit_bytes // 4))
        self.limit_bytes = limit_bytes
        self.appended_bytes = 0
        self.unread_removed_bytes = 0
        self._file: int | None = None
        self._is_listed = False
        self._begin_time = 0.0
        self._lock: int | None = None
        self._identity = secrets.randbits(64)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(self.path / _LOCK)
            files = {number: Path(name) for number, name in list_segments(fs.LocalFileSystem(), str(self.path)).items()}
            if files:
                cut_torn_tail(files[max(files)])
            self._segments = {number: closed_segment(file) for number, file in files.items()}
        except SpoolError:
            raise
        except OSError as exc:
            self.close()
            raise SpoolError(f"cannot write the spool {self.path}: {exc}; choose another") from exc

    @property
    def size_bytes(self) -> int:
        """Bytes of all segments together; may be asked in any thread."""
        return sum(segment.size for segment in [*self._segments.values()])

    def append(self, batch: pa.RecordBatch) -> int:
        """Write one block and return its bytes; when this returns, the block is on disk.

        Raises SpoolError ``[SPOOL_FULL]``: the disk is full, or the block is larger than the limit; any other: the disk
        failed, or another process writes. In all cases nothing of the batch is kept, and a later append may succeed.
        """
        block = encode_block(batch, self._identity)
        if len(block) > self.limit_bytes:
            raise SpoolError(
                f"[SPOOL_FULL] got a block of {len(block)} bytes and the limit of the spool {self.path} is "
                f"{self.limit_bytes}; raise the limit"
            )
        try:
            self._hold()
            file, segment = self._segment_for(len(block))
            self._make_room(len(block))
            self._write(file, segment.size, block)
        except SpoolError:
            raise
        except OSError as exc:
            full = "[SPOOL_FULL] " if exc.errno in (errno.ENOSPC, errno.EDQUOT) else ""
            raise SpoolError(f"{full}writing to {self.path} failed: {exc}; make room or repair the disk") from exc
        segment.identity = identity_of(block)
        segment.size += len(block)
        segment.append_time = time.monotonic()
        self.appended_bytes += len(block)
        return len(block)

    def unread_bytes(self) -> int:
        """Return the bytes that some query has not read yet: all, where none has left a note."""
        number, position = self._committed() or (0, 0)
        unread = sum(segment.size for each, segment in self._segments.items() if each >= number)
        return max(0, unread - (position if number in self._segments else 0))

    def room_bytes(self) -> int:
        """Return the bytes that can be appended before something unread is removed, or the disk is full."""
        return max(0, min(self.limit_bytes, self.size_bytes + self._free_bytes()) - self.unread_bytes())

    def remove_older_than(self, age_seconds: float) -> int:
        """Remove segments whose last append is older, and return how many went.

        Two stay longer: the newest, so that no number is used twice, and one at whose end the slowest query stands, as
        long as the next one stays.
        """
        now = time.monotonic()
        if self._begin_time < now - age_seconds / _PARTS_OF_AGE:
            self._close_segment()
        place = self._committed()
        before = len(self._segments)
        for (number, segment), (_, following) in pairwise(list(self._segments.items())):
            is_needed = place == (number, segment.size)
            if (following if is_needed else segment).append_time >= now - age_seconds:
                break
            # Where no query has left a note, none may be able to.
            self._remove(number, place or (number + 1, 0))
        return before - len(self._segments)

    def close(self) -> None:
        """Close the segment and release the directory; a second call does nothing."""
        self._close_segment()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> "SpoolWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _committed(self) -> Place | None:
        return committed_place(self.path, {number: segment.identity for number, segment in self._segments.items()})

    def _free_bytes(self) -> int:
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize - _RESERVE_BYTES

    def _hold(self) -> None:
        """Take the lock again, and begin a segment, where somebody has removed the files: what is open would go on."""
        if self._lock is None or not os.fstat(self._lock).st_nlink:
            self.close()
            self._lock = _lock(self.path / _LOCK)
        if self._file is not None and not os.fstat(self._file).st_nlink:
            self._close_segment()

    def _make_room(self, length: int) -> None:
        """Remove the oldest segments: at the limit any, on a full disk those that every query has read."""
        is_over, is_full = self._lacks_room(length)
        if not (is_over or is_full):
            return
        place = self._committed() or (0, 0)
        for number in list(self._segments)[:-1]:
            if not (is_over or (is_full and number < place[0])):
                break
            self._remove(number, place)
            is_over, is_full = self._lacks_room(length)
        if is_full:
            raise SpoolError(f"[SPOOL_FULL] the disk of {self.path} is full, and some query has not read what is there")

    def _lacks_room(self, length: int) -> tuple[bool, bool]:
        return self.size_bytes + length > self.limit_bytes, self._free_bytes() < length

    def _remove(self, number: int, place: Place) -> None:
        """Remove a segment; count what lies after the place up to which all is read."""
        size = self._segments[number].size
        self._segments[number].path.unlink(missing_ok=True)
        del self._segments[number]
        if number >= place[0]:
            self.unread_removed_bytes += max(0, size - place[1] if number == place[0] else size)

    def _segment_for(self, length: int) -> tuple[int, Segment]:
        newest = max(self._segments, default=-1)
        if self._file is not None and 0 < self._segments[newest].size > self.segment_bytes - length:
            self._close_segment()
        if self._file is None:
            newest += 1
            path = self.path / segment_name(newest)
            try:
                self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o640)
            except FileExistsError:
                raise SpoolError(
                    f"another process has made {path}: {self.path} is on a file system without locks, and has two "
                    "writers; stop both, give each a directory of its own, and start this one again"
                ) from None
            self._begin_time = time.monotonic()
            self._segments[newest] = Segment(path, "", 0, self._begin_time)
            self._is_listed = False
        if not self._is_listed:
            _sync_directory(self.path)
            self._is_listed = True
        return self._file, self._segments[newest]

    def _write(self, file: int, position: int, block: bytes) -> None:
        view = memoryview(block)
        try:
            while view:
                view = view[os.write(file, view) :]
            os.fsync(file)
        except OSError:
            # Half a block shows to no reader, so its place can be used again. A whole one may have been seen
            # before fsync failed: cut it off, too, but go on in a new segment.
            reusable = bool(view)
            try:
                os.ftruncate(file, position)
            except OSError:
                reusable = False
            if not reusable:
                self._close_segment()
            raise

    def _close_segment(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _lock(path: Path) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(lock, 200).decode(errors="replace")
        os.close(lock)
        raise SpoolError(
            f"the spool {path.parent} is being written by {owner or 'another process'}; "
            "stop that one, or give each writer a directory of its own"
        ) from None
    with suppress(OSError):  # for a second writer's message; a disk may be full
        os.ftruncate(lock, 0)
        os.write(lock, f"process {os.getpid()} on {socket.gethostname()}".encode())
    return lock


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
