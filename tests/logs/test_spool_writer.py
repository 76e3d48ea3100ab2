"""The spool writer on a real disk."""

import errno
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparkmon.errors import SpoolError
from sparkmon.logs.spool_block import HEADER_BYTES, VERSION, encode_block
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.protocol.schema import EVENTS
from tests.support.source import ROOT
from tests.support.spools import START, batch, log, read_all, segments


def test_every_column_comes_back_as_it_went_in(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path) as spool:
        spool.append(batch(b"a", b""))
    (part,) = log(tmp_path).parts(START, log(tmp_path).last(), 1)
    (found,) = log(tmp_path).read(part)
    assert found.to_pylist() == batch(b"a", b"").to_pylist()
    assert found.schema == EVENTS


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


def test_a_write_that_breaks_off_half_way_leaves_no_half_block(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, check=True, text=True, cwd=ROOT
    )
    assert os.strerror(errno.EFBIG) in done.stdout
    assert "[b'kept', b'fits again']" in done.stdout
    assert segments(tmp_path) == ["000000000000.spool"]


def test_a_full_disk_is_the_error_spool_full() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("the system has no /dev/full")
    with tempfile.TemporaryDirectory() as path, SpoolWriter(path) as spool:
        (Path(path) / "000000000000.spool").symlink_to("/dev/full")
        spool._number, spool._file = 0, os.open("/dev/full", os.O_WRONLY)
        with pytest.raises(SpoolError, match=r"^\[SPOOL_FULL\] .*No space left"):
            spool.append(batch(b"x"))


def test_retention_removes_old_closed_segments_but_never_the_newest(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path, segment_bytes=1) as spool:
        for payload in (b"0", b"1", b"2"):
            spool.append(batch(payload))
        for file in tmp_path.glob("*.spool"):
            os.utime(file, (0, 0))
        assert spool.remove_older_than(3600) == 2
        assert segments(tmp_path) == ["000000000002.spool"]
        spool.append(batch(b"3"))
        assert segments(tmp_path)[-1] == "000000000003.spool"
        assert spool.remove_older_than(3600) == 1
    assert read_all(tmp_path) == [b"3"]


def test_the_columns_of_this_format_version_are_pinned() -> None:
    columns = ",".join(f"{field.name}:{field.type}:{field.nullable}" for field in EVENTS)
    assert (VERSION, hashlib.sha256(columns.encode()).hexdigest()[:16]) == (2, "0385c3c86282bdda")
