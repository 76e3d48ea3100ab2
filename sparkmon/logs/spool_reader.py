"""Reading a spool: list its segments, walk block headers, read the events of a byte range.

A reader needs no lock and may run while a writer appends, on any filesystem pyarrow knows. It sees whole blocks
only: an incomplete block at the end of a segment is an append under way, or one that was never acknowledged.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa
from pyarrow import fs

from sparkmon.errors import SpoolError
from sparkmon.logs.log import InferenceLog, Offset
from sparkmon.logs.spool_block import HEADER_BYTES, BlockHeader, decode_body, identity_of
from sparkmon.logs.spool_notes import write_note

logger = logging.getLogger(__name__)

_NAME = re.compile(r"(\d{12,})\.spool")
_CHUNK = 256 * 2**10
"""Bytes read at once while headers are walked: a read for each header took four times as long as the walk itself."""


@dataclass(frozen=True, slots=True)
class BlockRange:
    """Some whole blocks that follow one another in one segment."""

    path: str
    start: int
    end: int


class _Position(NamedTuple):
    segment: int
    position: int
    identity: str = ""
    """That of the segment; empty where nothing of it has been read."""


class _Block(NamedTuple):
    start: int
    end: int
    rows: int
    identity: str


def segment_name(number: int) -> str:
    """Return the file name of a segment, such as ``000000000007.spool``."""
    return f"{number:012d}.spool"


def list_segments(filesystem: fs.FileSystem, directory: str) -> dict[int, str]:
    """Return segment number to path, ascending; other files are ignored."""
    segments = {}
    for info in filesystem.get_file_info(fs.FileSelector(directory)):
        match = _NAME.fullmatch(info.base_name)
        if match and info.type == fs.FileType.File:
            segments[int(match[1])] = info.path
    return dict(sorted(segments.items()))


class SpoolLog(InferenceLog[BlockRange]):
    """A spool directory as a log.

    A place is ``{"segment": number, "position": byte, "identity": text}``, always between two blocks; in an empty spool
    it is 0, 0 without an identity. A position past the end of its segment counts as the end: a reader saw a block there
    that was not yet on disk and was cut off after a power failure. It had not been acknowledged.

    Every method that starts somewhere raises SpoolError if the segment is gone or another one, one in between is
    missing, or a header on the way is damaged.
    """

    def __init__(self, filesystem: fs.FileSystem, directory: str) -> None:
        self._filesystem = filesystem
        self._directory = directory
        self._end = _Position(0, 0)
        self._is_unwritable = False

    def first(self) -> Offset:
        """Return the start of the oldest segment."""
        segments = list_segments(self._filesystem, self._directory)
        number = min(segments, default=0)
        return _offset(_Position(number, 0, self._identity(segments.get(number))))

    def last(self) -> Offset:
        """Return the end of the last whole block."""
        segments = list_segments(self._filesystem, self._directory)
        last = max(segments, default=0)
        return _offset(self._end_of(_Position(last, 0), segments[last])) if segments else _offset(_Position(0, 0))

    def advance(self, start: Offset, max_events: int | None) -> Offset:
        """Walk headers from ``start`` until one more block would exceed ``max_events``; at least one block."""
        here = _position(start)
        segments = self._segments_from(here)
        if max_events is None and segments:
            last = max(segments)
            return _offset(self._end_of(max(here, _Position(last, 0)), segments[last]))
        rows = 0
        for number, path in segments.items():
            here = max(here, _Position(number, 0))
            for block in self._walk(path, here.position):
                if rows and max_events is not None and rows + block.rows > max_events:
                    return _offset(here)
                rows += block.rows
                here = _Position(number, block.end, block.identity)
        return _offset(here)

    def commit(self, end: Offset, reader: str) -> None:
        """Leave a note for the writer, which removes first what every query has read."""
        try:
            write_note(self._filesystem, self._directory, reader, end)
        except (OSError, pa.ArrowException) as exc:
            if not self._is_unwritable:
                logger.warning("no note of what has been read can be left in the spool: %s", exc)
            self._is_unwritable = True

    def parts(self, start: Offset, end: Offset, part_bytes: int) -> list[BlockRange]:
        """Cut the blocks from ``start`` to ``end`` into ranges within a segment; one block at least each."""
        here, last = _position(start), _position(end)
        ranges: list[BlockRange] = []
        if here[:2] >= last[:2]:
            return ranges
        segments = self._segments_from(here)
        self._check_identity(last, segments)
        for number, path in segments.items():
            here = max(here, _Position(number, 0))
            if here[:2] >= last[:2]:
                break
            for block in self._walk(path, here.position):
                if (number, block.end) > last[:2]:
                    break
                growing = ranges[-1] if ranges and ranges[-1].path == path else None
                if growing is not None and block.end - growing.start <= part_bytes:
                    ranges[-1] = BlockRange(path, growing.start, block.end)
                else:
                    ranges.append(BlockRange(path, block.start, block.end))
        return ranges

    def read(self, part: BlockRange) -> Iterator[pa.RecordBatch]:
        """Yield one batch a block, in the order of writing, each checked against its checksum."""
        try:
            with self._filesystem.open_input_file(part.path) as file:
                file.seek(part.start)
                data = memoryview(file.read(part.end - part.start))
        except FileNotFoundError as exc:
            raise _gone(part.path) from exc
        position = 0
        while len(data) - position >= HEADER_BYTES:
            where = f"byte {part.start + position} of {part.path}"
            header = BlockHeader.parse(data[position : position + HEADER_BYTES], where)
            end = position + header.block_bytes
            if end > len(data):
                break
            yield decode_body(header, data[position + HEADER_BYTES : end], where)
            position = end
        if position < part.end - part.start:
            logger.warning("%s ends before byte %d, where a block was seen", part.path, part.end)

    def _segments_from(self, start: _Position) -> dict[int, str]:
        segments = list_segments(self._filesystem, self._directory)
        if not segments and start == (0, 0, ""):
            return {}
        numbers = range(start.segment, max(segments, default=start.segment) + 1)
        for number in numbers or (start.segment,):
            if number not in segments:
                raise _gone(f"{self._directory}/{segment_name(number)}")
        self._check_identity(start, segments)
        return {number: segments[number] for number in numbers}

    def _check_identity(self, place: _Position, segments: dict[int, str]) -> None:
        path = segments.get(place.segment)
        identity = self._identity(path) if place.identity else ""
        if identity not in ("", place.identity):
            raise SpoolError(
                f"[SPOOL_REPLACED] the segment {path} is not the one that was read so far (its identity is {identity}, "
                f"the checkpoint has {place.identity}): the spool was made anew or restored from a copy, and its files "
                "are sound; start the query with a new checkpoint and startingOffset=earliest to read them"
            )

    def _identity(self, path: str | None) -> str:
        """Return the identity of a segment; empty where it has no block, or a damaged one is its first."""
        if path is None:
            return ""
        try:
            with self._filesystem.open_input_file(path) as file:
                return identity_of(file.read(HEADER_BYTES))
        except FileNotFoundError as exc:
            raise _gone(path) from exc

    def _end_of(self, here: _Position, path: str) -> _Position:
        """Walk on from the end that was seen last: a look at a log that has not grown parses nothing."""
        end = self._end
        size = self._filesystem.get_file_info(path).size or 0
        is_same = end.segment == here.segment and here.position < end.position <= size
        if is_same and end.identity == self._identity(path):
            here = end
        for block in self._walk(path, here.position):
            here = _Position(here.segment, block.end, block.identity)
        self._end = here
        return here

    def _walk(self, path: str, position: int) -> Iterator[_Block]:
        # The size is read after the listing that showed the next segment: of a closed one it is final.
        try:
            with self._filesystem.open_input_file(path) as file:
                size = file.size()
                chunk, begin = b"", position
                while position + HEADER_BYTES <= size:
                    if position + HEADER_BYTES > begin + len(chunk):
                        file.seek(position)
                        chunk, begin = file.read(_CHUNK), position
                    at = position - begin
                    data = chunk[at : at + HEADER_BYTES]
                    if not any(data):
                        return  # a crash may leave zeros where an append had begun
                    header = BlockHeader.parse(data, f"byte {position} of {path}")
                    end = position + header.block_bytes
                    if end > size:
                        return
                    yield _Block(position, end, header.rows, header.identity)
                    position = end
        except FileNotFoundError as exc:
            raise _gone(path) from exc


def _offset(place: _Position) -> Offset:
    offset: Offset = {"segment": place.segment, "position": place.position}
    return {**offset, "identity": place.identity} if place.identity else offset


def _position(offset: Offset) -> _Position:
    return _Position(int(offset["segment"]), int(offset["position"]), str(offset.get("identity", "")))


def _gone(path: str) -> SpoolError:
    return SpoolError(
        f"the segment {path} is not there (removed by retention, or the spool is another one); "
        "start the query with a new checkpoint and startingOffset=earliest, and let retention "
        "be longer than the query may stand still"
    )
