"""The spool writer on a real disk."""

import errno
import hashlib
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from sparkmon.errors import SpoolError
from sparkmon.logs.spool_block import HEADER_BYTES, VERSION, encode_block
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.protocol.schema import EVENTS
from tests.support.source import ROOT
from tests.support.spools import START, batch, log, read_all, segments

MIB = 2**20


def test_every_column_comes_back_as_it_went_in(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path) as spool:
        spool.append(batch(b"a", b""))
    (part,) = log(tmp_path).parts(START, log(tmp_path).last(), 1)
    (found,) = log(tmp_path).read(part)
    assert found.to_pylist() == batch(b"a", b"").to_pylist()
    assert found.schema == EVENTS


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(st.binary(max_size=40), max_size=4), max_size=12),
    st.integers(1, 4000),
    st.integers(1, 4000),
    st.sets(st.integers(0, 11)),
)
def test_what_is_appended_is_what_is_read_in_order(
    commits: list[list[bytes]], segment_bytes: int, range_bytes: int, restarts: set[int]
) -> None:
    with tempfile.TemporaryDirectory() as path:
        spool = SpoolWriter(path, segment_bytes)
        for turn, payloads in enumerate(commits):
            if turn in restarts:
                spool.close()
                spool = SpoolWriter(path, segment_bytes)
            spool.append(batch(*payloads))
        size = spool.size_bytes
        spool.close()
        assert read_all(Path(path), range_bytes) == [item for commit in commits for item in commit]
        assert size == sum(file.stat().st_size for file in Path(path).glob("*.spool"))


@pytest.mark.slow
def test_a_tail_torn_at_any_byte_is_cut_off_and_writing_goes_on(tmp_path: Path) -> None:
    whole, torn = encode_block(batch(b"kept")), encode_block(batch(b"never acknowledged"))
    for cut in range(len(torn)):
        path = tmp_path / str(cut)
        path.mkdir()
        (path / "000000000000.spool").write_bytes(whole + torn[:cut])
        assert read_all(path) == [b"kept"]
        with SpoolWriter(path) as spool:
            assert (path / "000000000000.spool").stat().st_size == len(whole)
            spool.append(batch(b"next"))
        assert read_all(path) == [b"kept", b"next"]
        assert segments(path) == ["000000000000.spool", "000000000001.spool"]


def test_a_tail_of_zeros_or_of_wrong_pages_is_cut_off(tmp_path: Path) -> None:
    whole, torn = encode_block(batch(b"kept")), encode_block(batch(b"torn" * 30))
    tails = {
        "zeros": bytes(100),
        "head": bytes(HEADER_BYTES) + torn[HEADER_BYTES:],
        "body": torn[:HEADER_BYTES] + bytes(len(torn) - HEADER_BYTES),
    }
    for name, tail in tails.items():
        path = tmp_path / name
        path.mkdir()
        (path / "000000000000.spool").write_bytes(whole + tail)
        SpoolWriter(path).close()
        assert read_all(path) == [b"kept"], name
        assert (path / "000000000000.spool").stat().st_size == len(whole)


@pytest.mark.slow
def test_a_second_writer_is_refused_and_the_error_names_the_first(tmp_path: Path) -> None:
    code = "import sys; from sparkmon.logs.spool_writer import SpoolWriter; SpoolWriter(sys.argv[1])"
    with SpoolWriter(tmp_path):
        with pytest.raises(SpoolError, match=f"process {os.getpid()} on "):
            SpoolWriter(tmp_path)
        other = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=False, text=True, cwd=ROOT
        )
        assert f"written by process {os.getpid()} on" in other.stderr
    SpoolWriter(tmp_path).close()


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from sparkmon.errors import SpoolError
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.logs.spool_block import VERSION, encode_block
from tests.support.spools import batch, read_all

spool = SpoolWriter(sys.argv[1])
length = spool.append(batch(b"kept"))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (length + 50, resource.RLIM_INFINITY))
try:
    spool.append(batch(b"does not fit"))
except SpoolError as error:
    print(error)
assert (spool.path / "000000000000.spool").stat().st_size == length
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
spool.append(batch(b"fits again"))
print(read_all(Path(sys.argv[1])))
"""


@pytest.mark.slow
def test_a_write_that_breaks_off_half_way_leaves_no_half_block(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, check=True, text=True, cwd=ROOT
    )
    assert os.strerror(errno.EFBIG) in done.stdout
    assert "[b'kept', b'fits again']" in done.stdout
    assert segments(tmp_path) == ["000000000000.spool"]


def test_a_full_disk_is_the_error_spool_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(file: int, block: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with SpoolWriter(tmp_path) as spool:
        spool.append(batch(b"kept"))
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", write)
            with pytest.raises(SpoolError, match=r"^\[SPOOL_FULL\] .*No space left"):
                spool.append(batch(b"x"))
        spool.append(batch(b"fits again"))
    assert read_all(tmp_path) == [b"kept", b"fits again"]


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """Hold the size of a disk, which has nothing but the spool."""
    size = [10 * MIB]

    def statvfs(path: Path) -> SimpleNamespace:
        used = sum(file.stat().st_size for file in tmp_path.iterdir())
        return SimpleNamespace(f_bavail=max(0, size[0] - used), f_frsize=1)

    monkeypatch.setattr(os, "statvfs", statvfs)
    return size


@pytest.mark.slow
def test_a_disk_smaller_than_the_limit_keeps_what_is_unread_and_goes_on_once_it_is_read(
    tmp_path: Path, free: list[int]
) -> None:
    noise = random.Random(3)
    bodies = [noise.randbytes(100_000) for _ in range(150)]
    reader = log(tmp_path)
    with SpoolWriter(tmp_path, segment_bytes=MIB) as spool:
        taken = 0
        while spool.room_bytes() > 220_000:  # a body and its hexadecimal
            spool.append(batch(bodies[taken]))
            taken += 1
        for _ in range(3):
            with pytest.raises(SpoolError, match=r"^\[SPOOL_FULL\] the disk of .* is full"):
                spool.append(batch(bodies[taken] * 2))
        assert read_all(tmp_path) == bodies[:taken]
        reader.commit(reader.last(), "default")  # for which some of the disk is kept free
        assert spool.room_bytes() > 9 * MIB
        for body in bodies[taken:]:
            spool.append(batch(body))
            reader.commit(reader.last(), "default")
        assert spool.unread_removed_bytes == 0
        assert spool.size_bytes < free[0]
    assert read_all(tmp_path)[-30:] == bodies[-30:]


def test_a_receiver_starts_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with SpoolWriter(tmp_path) as spool:
        spool.append(batch(b"kept"))

    def write(file: int, block: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", write)
    SpoolWriter(tmp_path).close()


def test_files_that_somebody_removes_are_missed_at_once(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path) as spool:
        spool.append(batch(b"0"))
        place = log(tmp_path).last()
        for file in tmp_path.iterdir():
            file.unlink()
        spool.append(batch(b"1"))
        assert read_all(tmp_path) == [b"1"]
        with pytest.raises(SpoolError, match=f"process {os.getpid()} on "):
            SpoolWriter(tmp_path)
        with pytest.raises(SpoolError, match=r"000000000000\.spool is not there"):
            log(tmp_path).advance(place, None)
        (tmp_path / "spool.lock").unlink()
        with SpoolWriter(tmp_path) as other:
            with pytest.raises(SpoolError, match="stop that one, or give each writer a directory of its own"):
                spool.append(batch(b"2"))
            other.append(batch(b"3"))
        with pytest.raises(SpoolError, match="another process has made"):
            spool.append(batch(b"4"))
    assert read_all(tmp_path) == [b"1", b"3"]


def test_a_directory_that_cannot_be_synced_gets_one_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with SpoolWriter(tmp_path) as spool:
        with monkeypatch.context() as patch:
            patch.setattr("sparkmon.logs.spool_writer._sync_directory", fail)
            for _ in range(3):
                with pytest.raises(SpoolError, match="Input/output error"):
                    spool.append(batch(b"x"))
        spool.append(batch(b"kept"))
    assert segments(tmp_path) == ["000000000000.spool"]
    assert read_all(tmp_path) == [b"kept"]


def test_retention_removes_old_closed_segments_but_never_the_newest(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path, segment_bytes=1) as spool:
        for payload in (b"0", b"1", b"2"):
            spool.append(batch(payload))
    for file in tmp_path.glob("*.spool"):
        os.utime(file, (0, 0))
    with SpoolWriter(tmp_path, segment_bytes=1) as spool:
        assert spool.remove_older_than(3600) == 2
        assert segments(tmp_path) == ["000000000002.spool"]
        spool.append(batch(b"3"))
        assert segments(tmp_path)[-1] == "000000000003.spool"
        assert spool.remove_older_than(3600) == 1
    assert read_all(tmp_path) == [b"3"]


def test_the_columns_of_this_format_version_are_pinned() -> None:
    columns = ",".join(f"{field.name}:{field.type}:{field.nullable}" for field in EVENTS)
    assert (VERSION, hashlib.sha256(columns.encode()).hexdigest()[:16]) == (2, "0385c3c86282bdda")
