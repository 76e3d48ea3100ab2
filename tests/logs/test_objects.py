"""Objects of KServe's store logger as a log: order, settling, and what cannot be read."""

import os
import pickle
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from pyarrow import fs

from sparkmon.logs.objects import ObjectLog, StoredObject
from tests.support.receiver import CAPTURES

STORE = CAPTURES / "store" / "bucket" / "logs"
SECOND = 10**9


def put(path: Path, second: int, data: bytes = b"{}") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, ns=(second * SECOND, second * SECOND))


def log(path: Path, settle_seconds: float = 2.0) -> ObjectLog:
    return ObjectLog(fs.SubTreeFileSystem(str(path), fs.LocalFileSystem()), "", settle_seconds)


def rows(objects: ObjectLog) -> list[dict[str, Any]]:
    parts = objects.parts(objects.first(), objects.last(), 1 << 30)
    return [row for part in parts for found in objects.read(part) for row in found.to_pylist()]


def test_captured_objects_of_every_format_are_read(tmp_path: Path) -> None:
    shutil.copytree(STORE, tmp_path, dirs_exist_ok=True)
    events = rows(log(tmp_path, settle_seconds=0))
    found: dict[str, int] = {}
    for path in STORE.rglob("*.*"):
        found[path.parent.name] = found.get(path.parent.name, 0) + 1
    # Where the logger batched, it filled the first object with four events and the second with two.
    assert found == {
        "store-csv": 2,
        "store-json": 6,
        "store-json-batch4": 1,
        "store-json-sameid": 2,
        "store-parquet": 2,
    }
    assert len(events) == (4 + 2) + 6 + 4 + 2 + (4 + 2)
    assert {row["condition"] for row in events} == {None}
    assert {row["model"] for row in events} == {"iris"}


def test_objects_come_by_time_then_path_and_only_the_logger_s(tmp_path: Path) -> None:
    for name, second in {"z/1.json": 10, "b/2.csv": 20, "a/3.parquet": 20, "c/4.txt": 15}.items():
        put(tmp_path / name, second)
    objects = log(tmp_path)
    parts = objects.parts(objects.first(), objects.last(), 1)
    assert [item.path for part in parts for item in part] == ["z/1.json", "a/3.parquet", "b/2.csv"]
    assert objects.last() == {"modified_ns": 20 * SECOND, "path": "b/2.csv"}


def test_advance_passes_so_many_objects_and_nothing_new_is_the_start(tmp_path: Path) -> None:
    for item in range(5):
        put(tmp_path / f"{item}.json", 10 + item)
    objects = log(tmp_path)
    second = objects.advance(objects.first(), 2)
    assert second == {"modified_ns": 11 * SECOND, "path": "1.json"}
    assert objects.advance(second, 99) == objects.advance(second, None) == objects.last()
    assert objects.advance(objects.last(), 1) == objects.last()
    between = objects.parts(second, objects.advance(second, 2), 1 << 30)
    assert [item.path for part in between for item in part] == ["2.json", "3.json"]


def test_parts_hold_about_so_many_bytes(tmp_path: Path) -> None:
    for item, size in enumerate((40, 40, 40, 500, 10)):
        put(tmp_path / f"{item}.json", 10 + item, b" " * size)
    objects = log(tmp_path)
    parts = objects.parts(objects.first(), objects.last(), 100)
    assert [[item.size for item in part] for part in parts] == [[40, 40], [40], [500], [10]]


def test_an_object_is_seen_only_when_it_has_settled(tmp_path: Path) -> None:
    now = int(time.time())
    put(tmp_path / "old.json", now - 100)
    put(tmp_path / "young.json", now - 10)
    assert log(tmp_path, settle_seconds=50).last()["path"] == "old.json"
    assert log(tmp_path, settle_seconds=5).last()["path"] == "young.json"


def test_what_is_no_record_becomes_a_dead_letter_named_by_its_path(tmp_path: Path) -> None:
    put(tmp_path / "bad.json", 10**9, b"\x00not json")
    put(tmp_path / "bad.parquet", 10**9 + 1, b"PAR1 cut off")
    events = rows(log(tmp_path))
    assert [row["source"] for row in events] == ["bad.json", "bad.parquet"]
    assert [row["payload"] for row in events] == [b"\x00not json", b"PAR1 cut off"]
    assert [row["event_time"].timestamp() for row in events] == [10**9, 10**9 + 1]
    assert all(row["condition"] and row["reason"] for row in events)


def test_an_object_that_vanished_or_is_huge_becomes_a_dead_letter(tmp_path: Path) -> None:
    gone, huge = StoredObject(SECOND, "gone.json", 2), StoredObject(SECOND, "huge.json", 1 << 40)
    events = [found.to_pylist()[0] for found in log(tmp_path).read((gone, huge))]
    assert [row["condition"] for row in events] == ["OBJECT_UNREADABLE", "OBJECT_TOO_LARGE"]
    assert [row["event_id"] for row in events] == ["gone.json", "huge.json"]


def test_an_object_that_is_overwritten_is_read_again(tmp_path: Path) -> None:
    put(tmp_path / "same.json", 10)
    objects = log(tmp_path)
    seen = objects.last()
    put(tmp_path / "same.json", 12, b"{ }")
    (part,) = objects.parts(seen, objects.last(), 1)
    assert [(item.path, item.modified_ns) for item in part] == [("same.json", 12 * SECOND)]


def test_a_look_is_one_listing_and_a_task_carries_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for item in range(1000):
        put(tmp_path / f"{item:04}.json", 10 + item)
    objects = log(tmp_path)
    listings = []
    listed = objects._objects

    def count(after: StoredObject, until_ns: int) -> list[StoredObject]:
        listings.append(until_ns)
        return listed(after, until_ns)

    monkeypatch.setattr(objects, "_objects", count)
    start = objects.advance(objects.first(), 5)
    assert objects.newest()["path"] == "0999.json"
    assert [len(part) for part in objects.parts(objects.first(), start, 1 << 30)] == [5]
    assert len(listings) == 1
    idle = objects.advance(objects.newest(), 5)
    assert idle == objects.newest() == log(tmp_path).last()
    assert len(listings) == 2
    # A batch that is repeated after a restart begins before the last look: it is listed anew.
    again = objects.parts(objects.first(), start, 1 << 30)
    assert again == log(tmp_path).parts(objects.first(), start, 1 << 30)
    assert len(listings) == 3
    monkeypatch.undo()
    objects.last()
    assert len(pickle.dumps(objects)) < 1000
    assert pickle.loads(pickle.dumps(objects)).last() == objects.last()
