"""How far the queries that read a spool have come, as notes beside its segments.

The writer runs in another process, often on another machine: what both see is the directory. Each query keeps one file,
``NAME.committed``, with the offset up to which it will never read again.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from pyarrow import fs

from sparkmon.logs.log import Offset
from sparkmon.logs.spool_block import HEADER_BYTES, identity_of

Place: TypeAlias = tuple[int, int]
"""A segment and a position in it."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LARGEST = 1000


def is_reader_name(name: str) -> bool:
    """Return whether a query may have this name: it is part of a file's."""
    return _NAME.fullmatch(name) is not None


def write_note(filesystem: fs.FileSystem, directory: str, reader: str, committed: Offset) -> None:
    """Note how far a query has come; OSError if the directory cannot be written."""
    path = f"{directory}/{reader}.committed"
    with filesystem.open_output_stream(f"{path}.part") as file:
        file.write(json.dumps(committed).encode())
    filesystem.move(f"{path}.part", path)


def committed_place(directory: Path, segments: Mapping[int, Path], newest: int) -> Place | None:
    """Return the segment and the position before which every query has read all; None if none has left a note."""
    notes = directory.glob("*.committed")
    return min((_place_of(note, segments, newest) for note in notes), default=None)


def _place_of(file: Path, segments: Mapping[int, Path], newest: int) -> Place:
    """Read a note; one that is broken, or of a spool that was here before, stands for a query that has read nothing."""
    try:
        with file.open("rb") as opened:
            note = json.loads(opened.read(_LARGEST))
        number, position = int(note["segment"]), int(note["position"])
        identity = ""
        if number in segments:
            with segments[number].open("rb") as segment:
                identity = identity_of(segment.read(HEADER_BYTES))
        is_former = number > newest or identity not in ("", note.get("identity"))
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return 0, 0
    return (0, 0) if is_former else (number, position)
