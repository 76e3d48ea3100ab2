"""KServe's store logger: one object per event or batch of events, below a prefix, in the order they were stored."""

import time
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any, TypeAlias

import pyarrow as pa
from pyarrow import fs

from sparkmon.errors import OptionError
from sparkmon.logs.log import InferenceLog, Offset
from sparkmon.protocol.event_batch import events_to_batch
from sparkmon.protocol.limits import DEFAULT_LIMITS
from sparkmon.protocol.store_objects import from_object
from sparkmon.records import DeadLetter, Event

SUFFIXES = (".json", ".csv", ".parquet")
"""The formats KServe's store logger writes; anything else in the bucket is passed over."""

_LARGEST_PART = 10_000


@dataclass(frozen=True, slots=True, order=True)
class StoredObject:
    """One object; objects compare in the order in which they are read."""

    modified_ns: int
    path: str
    size: int = field(default=0, compare=False)


ObjectPart: TypeAlias = tuple[StoredObject, ...]


class ObjectLog(InferenceLog[ObjectPart]):
    """Everything below a prefix of a bucket, or a directory, as a log; read ``settle_seconds`` after it was modified.

    A place is ``{"modified_ns": nanoseconds since 1970, "path": path}``: objects are ordered by modification time,
    then path. An object that is overwritten (KServe does so when a client sends one ``Ce-Id`` twice) is read again.
    For a limit on events an object counts as one; how many a batched one holds is not known before it is read.
    Every listing is of the whole prefix, because the keys contain no date: shorten it by the bucket's lifecycle rules.
    A look is one listing: ``newest`` and ``parts`` answer from the one of the last ``advance``.

    An object that is no store logger's becomes one dead letter with its bytes; one that vanished since it was
    listed (``OBJECT_UNREADABLE``) or is over 64 MiB (``OBJECT_TOO_LARGE``) becomes one without. The event is then
    named by its path. Trouble on the way to the store is raised, and Spark tries the task again.
    """

    def __init__(self, filesystem: fs.FileSystem, directory: str, settle_seconds: float) -> None:
        self._filesystem = filesystem
        self._directory = directory
        self._settle_seconds = settle_seconds
        self._after = StoredObject(0, "")
        self._ready: list[StoredObject] = []  # what the last look listed after that place

    def __reduce__(self) -> tuple[Any, ...]:
        # Each task gets the log: it must not carry a million objects of the last look.
        return ObjectLog, (self._filesystem, self._directory, self._settle_seconds)

    def first(self) -> Offset:
        """Return the place before every object."""
        return _offset(StoredObject(0, ""))

    def last(self) -> Offset:
        """Return the place of the newest settled object."""
        return self.advance(self.first(), None)

    def newest(self) -> Offset:
        """Return the newest place of the last look."""
        return _offset(self._ready[-1] if self._ready else self._after)

    def advance(self, start: Offset, max_events: int | None) -> Offset:
        """Pass ``max_events`` settled objects."""
        self._after = _position(start)
        settled_ns = time.time_ns() - int(self._settle_seconds * 1e9)
        self._ready = self._objects(self._after, settled_ns)
        ready = self._ready[:max_events]
        return _offset(ready[-1]) if ready else start

    def parts(self, start: Offset, end: Offset, part_bytes: int) -> list[ObjectPart]:
        """Group objects, in order, up to ``part_bytes`` and 10,000 objects; one object at least each."""
        first, last = _position(start), _position(end)
        parts: list[list[StoredObject]] = []
        size = 0
        for item in self._between(first, last):
            if not parts or size + item.size > part_bytes or len(parts[-1]) >= _LARGEST_PART:
                parts.append([])
                size = 0
            parts[-1].append(item)
            size += item.size
        return [tuple(part) for part in parts]

    def read(self, part: ObjectPart) -> Iterator[pa.RecordBatch]:
        """Yield one batch an object."""
        for item in part:
            yield events_to_batch(self._events(item))

    def _between(self, first: StoredObject, last: StoredObject) -> list[StoredObject]:
        is_listed = self._after <= first and bool(self._ready) and last <= self._ready[-1]
        objects = self._ready if is_listed else self._objects(first, last.modified_ns)
        return objects[bisect_right(objects, first) : bisect_right(objects, last)]

    def _objects(self, after: StoredObject, until_ns: int) -> list[StoredObject]:
        objects = []
        below = fs.FileSelector(self._directory, recursive=True)
        for info in self._filesystem.get_file_info(below):
            modified_ns = info.mtime_ns
            if modified_ns is not None and not after.modified_ns <= modified_ns <= until_ns:
                continue  # most objects of a look: the rest of this loop is what they would cost
            if info.type != fs.FileType.File or not info.base_name.endswith(SUFFIXES):
                continue
            if modified_ns is None:
                raise OptionError(f"{info.path} has no modification time; copy the objects to a store that has one")
            item = StoredObject(modified_ns, info.path, info.size or 0)
            if after < item:
                objects.append(item)
        return sorted(objects)

    def _events(self, item: StoredObject) -> list[Event]:
        modified_time = datetime.fromtimestamp(item.modified_ns // 1000 / 1e6, timezone.utc)

        def dead_letter(condition: str, reason: str) -> list[Event]:
            letter = DeadLetter(condition, reason)
            return [Event(item.path, "", item.path, modified_time, b"", dead_letter=letter)]

        if item.size > DEFAULT_LIMITS.decompressed_bytes:
            return dead_letter("OBJECT_TOO_LARGE", f"got an object of {item.size} bytes; left there")
        try:
            with self._filesystem.open_input_file(item.path) as file:
                data = file.read()
        except FileNotFoundError:
            return dead_letter("OBJECT_UNREADABLE", "the object vanished before it was read")
        return [
            event if event.event_id else replace(event, event_id=item.path, source=item.path)
            for event in from_object(data, item.path, modified_time)
        ]


def _offset(item: StoredObject) -> Offset:
    return {"modified_ns": item.modified_ns, "path": item.path}


def _position(offset: Offset) -> StoredObject:
    return StoredObject(int(offset["modified_ns"]), str(offset["path"]))
