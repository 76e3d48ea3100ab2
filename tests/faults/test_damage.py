"""Damaged checkpoints and spools: the file and what to do are told, and what is told repairs them without a double."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.errors import StreamingQueryException
from pyspark.sql import SparkSession

from sparkmon.errors import CheckpointError
from sparkmon.monitor.closing import Closing
from tests.faults.accounts import check_account
from tests.faults.desk import Desk
from tests.faults.report import Report
from tests.faults.traffic import Traffic
from tests.support.traffic import MIDNIGHT

HOURS = 3


@pytest.fixture(scope="module")
def before(spark: SparkSession, references: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Traffic]:
    """Give a directory in which some hours have been watched; the last is open, and the next is not read yet."""
    path, traffic = tmp_path_factory.mktemp("damage"), Traffic(51)
    desk = Desk(spark, references, path)
    for hours in (range(HOURS - 1), range(HOURS - 1, HOURS)):
        desk.log("spool", *(traffic.hour(at, models=["shop"]) for at in hours))
        desk.watch("spool", "checkpoints", flush=False)
    desk.log("spool", traffic.hour(HOURS, models=["shop"]))
    return path, traffic


@pytest.fixture
def copy(desk: Desk, before: tuple[Path, Traffic]) -> Desk:
    """Give a copy of it."""
    shutil.copytree(before[0], desk.path, dirs_exist_ok=True)
    return desk


def last(desk: Desk, part: str) -> Path:
    """Find the last of the numbered files of the query."""
    files = (desk.path / "checkpoints" / "ingest" / part).rglob("[0-9]*")
    return max((file for file in files if file.is_file()), key=lambda file: int(file.stem))


def cut(file: Path) -> None:
    """Leave half of a file, as a power cut may."""
    (file.parent / f".{file.name}.crc").unlink()
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def empty(file: Path) -> None:
    (file.parent / f".{file.name}.crc").unlink()
    file.write_bytes(b"")


def take(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize(
    ("part", "harm"),
    [
        *(("offsets", harm) for harm in (cut, empty, take)),
        *(("metadata", harm) for harm in (cut, empty, take)),
        *(("commits", harm) for harm in (cut, empty)),  # without one, its batch is done again
    ],
)
def test_a_damaged_file_of_progress_is_named(copy: Desk, part: str, harm: Callable[[Path], None]) -> None:
    profiles = copy.path / "checkpoints" / "ingest"
    file = profiles / "metadata" if part == "metadata" else last(copy, part)
    harm(file)
    with pytest.raises(CheckpointError) as told:
        copy.watch("spool", "checkpoints")
    assert str(told.value).startswith(f"[SPARKMON_CHECKPOINT] {file} is damaged or missing; ")
    assert "take a new directory of checkpoints and start with --take-over" in str(told.value)


def test_a_damaged_note_of_the_last_batch_can_be_removed(
    copy: Desk, before: tuple[Path, Traffic], report: Report
) -> None:
    file = last(copy, "commits")
    cut(file)
    with pytest.raises(CheckpointError, match=f"{file.name} is damaged or missing; remove it, and"):
        copy.watch("spool", "checkpoints")
    file.unlink()
    copy.watch("spool", "checkpoints")
    account = check_account(copy.spark, copy.tables, before[1].book)
    report.row("checkpoint: last commit cut, removed", 1, before[1].book, account)


@pytest.mark.faults
def test_where_the_checkpoint_is_lost_new_ones_take_over(
    copy: Desk, before: tuple[Path, Traffic], report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The batch before the damage wrote its profiles, and died before they were judged.
    with monkeypatch.context() as dying:
        dying.setattr(Closing, "_judged", die)
        with pytest.raises(StreamingQueryException, match="died before"):
            copy.watch("spool", "checkpoints", flush=False)
    shutil.rmtree(copy.path / "checkpoints")
    copy.watch("spool", "anew", take_over=True)
    account = check_account(copy.spark, copy.tables, before[1].book)
    report.row("checkpoint: lost, taken over", 1, before[1].book, account)


def die(*_: object, **__: object) -> None:
    raise ConnectionError("died before it judged")


@pytest.mark.faults
def test_a_damaged_segment_is_named_and_can_be_left_out(
    copy: Desk, before: tuple[Path, Traffic], report: Report
) -> None:
    segment = sorted((copy.path / "spool").glob("*.spool"))[-1]
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 0xFF
    segment.write_bytes(data)
    with pytest.raises(StreamingQueryException) as told:
        copy.watch("spool", "checkpoints")
    assert f"[SPARKMON_SPOOL] the block at byte 0 of {segment} is damaged" in str(told.value)
    assert "put an empty file of the same name in its place to go on without" in str(told.value)
    segment.write_bytes(b"")
    copy.watch("spool", "checkpoints")
    book = before[1].book.before(MIDNIGHT + timedelta(hours=HOURS))
    account = check_account(copy.spark, copy.tables, book)
    report.row("spool: bytes flipped, segment left out", 1, before[1].book, account, "300 rows named")
