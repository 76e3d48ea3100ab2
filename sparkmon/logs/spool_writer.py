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
import zlib
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from sparkmon.errors import SpoolError
from sparkmon.logs.spool_block import HEADER_BYTES, MAGIC, BlockHeader, encode_block, is_of_other_version
from sparkmon.logs.spool_notes import Place, committed_place
from sparkmon.logs.spool_reader import list_segments, segment_name

_LOCK = "spool.lock"
_FULL = (errno.ENOSPC, errno.EDQUOT)


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

    Raises
    ------
    SpoolError
        Another process writes this directory (the message says which), or it cannot be made.

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
        self._lock: int | None = None
        self._position = 0
        self._identity = secrets.randbits(64)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(self.path / _LOCK)
            segments = self._segments()
            if segments:
                _cut_torn_tail(max(segments.items())[1])
            self._size = sum(file.stat().st_size for file in segments.values())
        except SpoolError:
            raise
        except OSError as exc:
            self.close()
            raise SpoolError(f"cannot write the spool {self.path}: {exc}; choose another") from exc
        self._number = max(segments, default=-1)

    @property
    def size_bytes(self) -> int:
        """Bytes of all segments together."""
        return self._size

    def append(self, batch: pa.RecordBatch) -> int:
        """Write one block and return its bytes; when this returns, the block is on disk.

        Raises
        ------
        SpoolError
            ``[SPOOL_FULL]``: the disk is full, or the block is larger than the limit. Any other: the disk failed. In
            both cases nothing of the batch is kept, and a later append may succeed.
        """
        block = encode_block(batch, self._identity)
        if len(block) > self.limit_bytes:
            raise SpoolError(
                f"[SPOOL_FULL] got a block of {len(block)} bytes and the limit of the spool {self.path} is "
                f"{self.limit_bytes}; raise the limit"
            )
        try:
            file = self._segment_for(len(block))
            self._make_room(len(block))
            self._write(file, block)
        except OSError as exc:
            full = "[SPOOL_FULL] " if exc.errno in _FULL else ""
            raise SpoolError(f"{full}writing to {self.path} failed: {exc}; make room or repair the disk") from exc
        self._position += len(block)
        self._size += len(block)
        self.appended_bytes += len(block)
        return len(block)

    def unread_bytes(self) -> int:
        """Return the bytes that some query has not read yet: all, where none has left a note."""
        segment, position = self._committed() or (0, 0)
        segments = self._segments()
        unread = sum(file.stat().st_size for number, file in segments.items() if number >= segment)
        return max(0, unread - (position if segment in segments else 0))

    def remove_older_than(self, age_seconds: float) -> int:
        """Remove closed segments whose last append is older, and return how many went.

        The segment being written is closed first if it is that old. The newest file always stays, so that
        no number is used twice.
        """
        oldest = time.time() - age_seconds
        segments = self._segments()
        last = segments.pop(self._number, None)
        if last is not None and self._position and last.stat().st_mtime < oldest:
            self._close_segment()
        removed = 0
        place = self._committed()
        for number, file in segments.items():
            if file.stat().st_mtime >= oldest:
                break
            # Where no query has left a note, none may be able to.
            self._remove(number, file, place or (number + 1, 0))
            removed += 1
        return removed

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

    def _segments(self) -> dict[int, Path]:
        segments = list_segments(fs.LocalFileSystem(), str(self.path))
        return {number: Path(path) for number, path in segments.items()}

    def _committed(self) -> Place | None:
        return committed_place(self.path, self._segments(), self._number)

    def _make_room(self, length: int) -> None:
        if self._size + length <= self.limit_bytes:
            return
        place = self._committed() or (0, 0)
        for number, file in self._segments().items():
            if self._size + length > self.limit_bytes and number != self._number:
                self._remove(number, file, place)

    def _remove(self, number: int, file: Path, place: Place) -> None:
        """Remove a segment; count what lies after the place up to which all is read."""
        size = file.stat().st_size
        file.unlink()
        self._size -= size
        if number >= place[0]:
            self.unread_removed_bytes += max(0, size - place[1] if number == place[0] else size)

    def _segment_for(self, length: int) -> int:
        if self._position and self._position + length > self.segment_bytes:
            self._close_segment()
        if self._file is None:
            name = self.path / segment_name(self._number + 1)
            self._file = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o640)
            self._number += 1
            try:
                _sync_directory(self.path)
            except OSError:
                self._close_segment()
                raise
        return self._file

    def _write(self, file: int, block: bytes) -> None:
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
                os.ftruncate(file, self._position)
            except OSError:
                reusable = False
            if not reusable:
                self._close_segment()
            raise

    def _close_segment(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._position = 0


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
    os.ftruncate(lock, 0)
    os.write(lock, f"process {os.getpid()} on {socket.gethostname()}".encode())
    return lock


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _cut_torn_tail(path: Path) -> None:
    data = path.read_bytes()
    good = 0
    while (end := _whole_block(data, good)) is not None:
        good = end
    if good == len(data) or is_of_other_version(data[good : good + HEADER_BYTES]):
        return
    after = good
    while (after := data.find(MAGIC, after + 1)) >= 0:
        if _whole_block(data, after) is not None:
            return  # Not a torn tail but damage before acknowledged blocks: readers will name it.
    with path.open("r+b") as file:
        file.truncate(good)
        os.fsync(file.fileno())


def _whole_block(data: bytes, start: int) -> int | None:
    head = data[start : start + HEADER_BYTES]
    if len(head) < HEADER_BYTES:
        return None
    try:
        header = BlockHeader.parse(head, "")
    except SpoolError:
        return None
    end = start + header.block_bytes
    body = data[start + HEADER_BYTES : end]
    whole = len(body) == header.stored_bytes and zlib.crc32(body) == header.checksum
    return end if whole else None
