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


def committed_place(directory: Path, identities: Mapping[int, str]) -> Place | None:
    """Return the segment and the position before which every query has read all; None if none has left a note.

    ``identities`` are those of the segments that are there. A query that stands in one that was removed cannot go on:
    as long as another can, it holds nothing back.
    """
    places = [_place_of(note, identities) for note in directory.glob("*.committed")]
    able = [place for place in places if place[0] >= min(identities, default=0)]
    return min(able, default=(0, 0)) if places else None


def _place_of(file: Path, identities: Mapping[int, str]) -> Place:
    """Read a note; one that is broken, or of a spool that was here before, stands for a query that has read nothing."""
    try:
        with file.open("rb") as opened:
            note = json.loads(opened.read(_LARGEST))
        number, position = int(note["segment"]), int(note["position"])
        is_former = number > max(identities) or identities.get(number, "") not in ("", note.get("identity"))
    except (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError):
        return 0, 0
    return (0, 0) if is_former else (number, position)
