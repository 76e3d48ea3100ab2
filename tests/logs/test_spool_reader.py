"""Reading a spool: order, bounds, damage, gaps, and a writer at work meanwhile."""

import itertools
import random
import shutil
import struct
import threading
import zlib
from itertools import accumulate
from pathlib import Path

import pytest

from sparkmon.errors import SpoolError
from sparkmon.logs.log import Offset
from sparkmon.logs.spool_block import HEADER_BYTES, VERSION, BlockHeader, encode_block
from sparkmon.logs.spool_reader import BlockRange
from sparkmon.logs.spool_writer import SpoolWriter
from tests.support.spools import START, batch, log, read_all, read_between, segments


@pytest.mark.parametrize(("place", "what"), [(0, "header"), (9, "header"), (HEADER_BYTES + 3, "CRC-32")])
def test_damage_before_the_end_is_named_and_kept(tmp_path: Path, place: int, what: str) -> None:
    first, second = encode_block(batch(b"one")), encode_block(batch(b"two"))
    damaged = bytearray(first + second + encode_block(batch(b"three")))
    damaged[len(first) + place] ^= 1
    file = tmp_path / "000000000000.spool"
    file.write_bytes(damaged)
    SpoolWriter(tmp_path).close()
    assert file.read_bytes() == damaged
    with pytest.raises(SpoolError, match=rf"byte {len(first)} of .*{file.name}") as caught:
        read_all(tmp_path)
    assert what in str(caught.value)
    assert "restore the file" in str(caught.value)


def test_an_empty_file_in_the_place_of_a_segment_skips_it(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path, segment_bytes=1) as spool:
        for payload in (b"0", b"1", b"2"):
            spool.append(batch(payload))
    (tmp_path / "000000000001.spool").write_bytes(b"")
    assert read_all(tmp_path) == [b"0", b"2"]
    assert log(tmp_path).advance({"segment": 1, "position": 99}, 1)["segment"] == 2


def test_a_gap_or_a_removed_start_is_refused(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path, segment_bytes=1) as spool:
        for payload in (b"0", b"1", b"2", b"3"):
            spool.append(batch(payload))
    (tmp_path / "000000000000.spool").unlink()
    for limit in (10, None):
        with pytest.raises(SpoolError, match=r"000000000000\.spool is not there .*startingOffset"):
            log(tmp_path).advance(START, limit)
    (tmp_path / "000000000002.spool").unlink()
    with pytest.raises(SpoolError, match=r"000000000002\.spool is not there"):
        log(tmp_path).advance({"segment": 1, "position": 0}, None)
    with pytest.raises(SpoolError, match=r"000000000004\.spool is not there"):
        log(tmp_path).advance({"segment": 4, "position": 0}, None)
    with pytest.raises(SpoolError, match="is not there"):
        list(log(tmp_path).read(BlockRange(str(tmp_path / "000000000002.spool"), 0, 9)))


def test_advance_counts_rows_from_headers_and_splits_no_block(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path) as spool:
        ends = [0]
        for rows in (2, 3, 7, 1):
            ends.append(ends[-1] + spool.append(batch(*([b"x"] * rows))))
    reached = [log(tmp_path).advance(START, limit) for limit in (1, 4, 5, 11, 12, 99, None)]
    assert [ends.index(int(here["position"])) for here in reached] == [1, 1, 2, 2, 3, 4, 4]
    assert log(tmp_path).advance(reached[2], 1)["position"] == ends[3]
    assert log(tmp_path).advance(reached[-1], 1) == reached[-1] == log(tmp_path).last()


@pytest.fixture
def headers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the places of the headers that a reader parses."""
    places: list[str] = []
    parse = BlockHeader.parse

    def noted(data: bytes | memoryview, where: str) -> BlockHeader:
        places.append(where)
        return parse(data, where)

    monkeypatch.setattr(BlockHeader, "parse", noted)
    return places


def test_a_look_walks_only_what_is_new(tmp_path: Path, headers: list[str]) -> None:
    spool = log(tmp_path)
    with SpoolWriter(tmp_path, segment_bytes=30_000) as writer:
        for length in (40, 3, 0, 1, 100):
            for item in range(length):
                writer.append(batch(b"%d" % item * 20))
            end = spool.last()
            assert len(headers) <= length  # the blocks of a new segment alone where it changed
            assert end == log(tmp_path).last()
            headers.clear()
            assert spool.advance(end, None) == spool.advance(end, 10) == spool.newest() == end
            assert headers == []
    assert int(end["segment"]) > 0


def test_an_end_that_was_seen_is_sought_anew_when_the_segment_is_shorter(tmp_path: Path) -> None:
    blocks = [encode_block(batch(payload)) for payload in (b"one", b"two", b"three")]
    file = tmp_path / "000000000000.spool"
    file.write_bytes(b"".join(blocks))
    spool = log(tmp_path)
    assert spool.last()["position"] == len(b"".join(blocks))
    file.write_bytes(b"".join(blocks[:2])[:-1])  # the power failed
    assert spool.last() == {"segment": 0, "position": len(blocks[0])} == log(tmp_path).last()
    file.write_bytes(b"")
    assert spool.last() == START


@pytest.mark.slow
def test_blocks_larger_and_smaller_than_a_read_are_walked(tmp_path: Path, headers: list[str]) -> None:
    noise = random.Random(1)
    lengths = [noise.choice((1, 100, 5_000, 300_000, 700_000)) for _ in range(100)]
    with SpoolWriter(tmp_path) as writer:
        sizes = [writer.append(batch(noise.randbytes(length))) for length in lengths]
    end = log(tmp_path).last()
    assert (end["segment"], end["position"]) == (0, sum(sizes))
    assert [int(place.split()[1]) for place in headers] == [0, *accumulate(sizes[:-1])]


def test_an_empty_spool_has_one_place(tmp_path: Path) -> None:
    assert log(tmp_path).first() == log(tmp_path).last() == log(tmp_path).advance(START, None)
    assert log(tmp_path).parts(START, START, 1) == []


def test_parts_are_contiguous_whole_and_small(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path, segment_bytes=4000) as spool:
        lengths = [spool.append(batch(bytes([item]))) for item in range(20)]
    limit = 2 * max(lengths) + 1
    parts = log(tmp_path).parts(START, log(tmp_path).last(), limit)
    assert all(part.end - part.start <= limit for part in parts)
    assert sum(part.end - part.start for part in parts) == sum(lengths)
    assert len(parts) == 11  # segments of 9, 9 and 2 blocks, in twos
    assert read_all(tmp_path, limit) == [bytes([item]) for item in range(20)]


@pytest.mark.slow
def test_a_reader_may_run_while_the_writer_appends(tmp_path: Path) -> None:
    wanted = [item.to_bytes(2, "big") for item in range(400)]

    def write() -> None:
        with SpoolWriter(tmp_path, segment_bytes=20_000) as spool:
            for payload in wanted:
                spool.append(batch(payload))

    writer = threading.Thread(target=write)
    writer.start()
    found: list[bytes] = []
    here = START
    while writer.is_alive() or log(tmp_path).advance(here, None) != here:
        there = log(tmp_path).advance(here, 50 if len(found) % 3 else None)
        found += read_between(tmp_path, here, there, 5000)
        here = there
    writer.join()
    assert found == wanted
    assert len(segments(tmp_path)) > 2


def test_a_position_past_a_cut_tail_goes_on_in_the_next_segment(tmp_path: Path) -> None:
    kept, lost = encode_block(batch(b"kept")), encode_block(batch(b"lost with the power"))
    (tmp_path / "000000000000.spool").write_bytes(kept)
    seen: Offset = {"segment": 0, "position": len(kept) + len(lost)}
    assert read_between(tmp_path, {"segment": 0, "position": len(kept)}, seen) == []
    with SpoolWriter(tmp_path) as spool:
        spool.append(batch(b"next"))
    assert read_between(tmp_path, seen, log(tmp_path).last()) == [b"next"]


def test_another_version_is_neither_read_nor_cut_off(tmp_path: Path) -> None:
    block = bytearray(encode_block(batch(b"x")))
    struct.pack_into("<H", block, 4, VERSION + 1)
    struct.pack_into("<I", block, HEADER_BYTES - 4, zlib.crc32(block[: HEADER_BYTES - 4]))
    (tmp_path / "000000000000.spool").write_bytes(block)
    SpoolWriter(tmp_path).close()
    with pytest.raises(SpoolError, match=f"format version {VERSION + 1}, .* reads {VERSION}"):
        read_all(tmp_path)


def test_a_block_of_the_former_version_is_named_and_not_cut_off(tmp_path: Path) -> None:
    fields = struct.pack("<4sHHIIII", b"SPKM", 1, 0, 100, 200, 1, 0)
    block = fields + struct.pack("<I", zlib.crc32(fields)) + bytes(100)
    (tmp_path / "000000000000.spool").write_bytes(block)
    SpoolWriter(tmp_path).close()
    assert (tmp_path / "000000000000.spool").read_bytes() == block
    with pytest.raises(SpoolError, match=r"format version 1, .* reads 2"):
        read_all(tmp_path)


def written(path: Path, count: int, **options: int) -> None:
    with SpoolWriter(path, **options) as spool:
        for item in range(count):
            spool.append(batch(b"%d" % item * 20))


@pytest.mark.parametrize("count", [1, 3, 20])
def test_a_spool_that_was_made_anew_is_not_taken_for_the_former(tmp_path: Path, count: int) -> None:
    written(tmp_path, 3)
    reader, middle, end = log(tmp_path), log(tmp_path).advance(START, 2), log(tmp_path).last()
    assert reader.advance(middle, None) == end
    shutil.rmtree(tmp_path)
    written(tmp_path, count)
    for spool, start in itertools.product((reader, log(tmp_path)), (middle, end)):
        for limit in (1, None):
            with pytest.raises(SpoolError, match=r"^\[SPOOL_REPLACED\] .* startingOffset=earliest"):
                spool.advance(start, limit)
    with pytest.raises(SpoolError, match=r"^\[SPOOL_REPLACED\]"):
        reader.parts(START, end, 1000)  # a batch that was planned and is tried again
    assert reader.last() == log(tmp_path).last() == reader.advance(START, None)


def test_the_start_of_a_segment_whose_first_block_is_not_whole_is_its_end(tmp_path: Path) -> None:
    (tmp_path / "000000000000.spool").write_bytes(encode_block(batch(b"torn"), 30)[:-1])
    spool = log(tmp_path)
    assert spool.earlier(spool.first(), spool.last()) == spool.first() == spool.advance(spool.first(), None)


def test_a_spool_that_was_restored_from_a_copy_is_not_taken_for_the_latest(tmp_path: Path) -> None:
    spool, copy = tmp_path / "spool", tmp_path / "copy"
    written(spool, 2, segment_bytes=1)
    shutil.copytree(spool, copy)
    copied = log(spool).last()
    written(spool, 2, segment_bytes=1)
    end = log(spool).last()
    shutil.rmtree(spool)
    shutil.copytree(copy, spool)
    written(spool, 3, segment_bytes=1)
    with pytest.raises(SpoolError, match=r"^\[SPOOL_REPLACED\] the segment .*000000000003\.spool"):
        log(spool).advance(end, None)
    assert len(read_between(spool, copied, log(spool).last())) == 3  # who had not read on loses nothing


def test_a_segment_that_is_removed_while_it_is_read_is_read_whole_or_named(tmp_path: Path) -> None:
    written(tmp_path, 40, segment_bytes=10_000)
    spool = log(tmp_path)
    start, end = spool.first(), spool.last()
    first, *_ = spool.parts(start, end, 1 << 30)
    whole = [batch.to_pylist() for batch in spool.read(first)]
    assert len(whole) > 1
    task = spool.read(first)
    begun = [next(task).to_pylist()]
    Path(first.path).unlink()
    assert [*begun, *(batch.to_pylist() for batch in task)] == whole
    attempts = (lambda: next(spool.read(first)), lambda: spool.advance(start, 1), lambda: spool.parts(start, end, 1))
    for attempt in attempts:
        with pytest.raises(SpoolError, match=r"000000000000\.spool is not there"):
            attempt()
