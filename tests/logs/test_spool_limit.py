"""At its limit a spool goes on: what was read goes first, then the oldest, never the newest."""

import json
import logging
import os
import shutil
from pathlib import Path

import pytest

from sparkmon.errors import SpoolError
from sparkmon.logs.log import Offset
from sparkmon.logs.spool_block import encode_block
from sparkmon.logs.spool_writer import SpoolWriter
from tests.support.spools import START, batch, log, read_all, read_between, segments

BODIES = [b"%04d" % number * 20 for number in range(400)]
LIMIT = 20 * len(encode_block(batch(BODIES[-1])))


class Clock:
    """The time of the machine, and one that nobody sets."""

    now = 0.0
    wall = 1.8e9

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.wall


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in ("spool_writer", "spool_segment"):
        monkeypatch.setattr(f"sparkmon.logs.{module}.time", clock)
    return clock


@pytest.mark.slow
def test_at_the_limit_the_oldest_segments_go_and_are_counted(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path, limit_bytes=LIMIT) as spool:
        for body in BODIES:
            spool.append(batch(body))
            assert spool.size_bytes <= LIMIT
        kept = read_all(tmp_path)
        assert kept == BODIES[-len(kept) :]
        assert len(kept) >= 15  # a segment is at most a quarter
        assert spool.unread_removed_bytes == spool.appended_bytes - spool.size_bytes
        assert spool.unread_bytes() == spool.size_bytes
        assert spool.size_bytes == sum(file.stat().st_size for file in tmp_path.glob("*.spool"))


@pytest.mark.slow
def test_what_a_query_keeps_up_with_is_never_lost(tmp_path: Path) -> None:
    reader, here, found = log(tmp_path), START, []
    with SpoolWriter(tmp_path, limit_bytes=LIMIT) as spool:
        for number, body in enumerate(BODIES):
            spool.append(batch(body))
            if number % 7 == 0:
                there = reader.advance(here, None)
                found += read_between(tmp_path, here, there)
                reader.commit(there, "default")
                here = there
                assert spool.unread_bytes() == 0
        assert spool.unread_removed_bytes == 0
        assert spool.size_bytes <= LIMIT
    found += read_between(tmp_path, here, reader.last())
    assert found == BODIES


def test_the_slowest_of_several_queries_counts(tmp_path: Path) -> None:
    reader = log(tmp_path)
    with SpoolWriter(tmp_path, limit_bytes=LIMIT) as spool:
        lengths = [spool.append(batch(body)) for body in BODIES[:12]]
        reader.commit(reader.last(), "fast")
        assert spool.unread_bytes() == 0
        first = len(read_between(tmp_path, START, {"segment": 1, "position": 0}))
        second = len(read_between(tmp_path, START, {"segment": 2, "position": 0})) - first
        middle = reader.advance(START, first + 2)
        reader.commit(middle, "slow")
        assert spool.unread_bytes() == sum(lengths[first + 2 :])
        numbers = iter(range(12, 400))
        while segments(tmp_path)[0] == "000000000000.spool":
            spool.append(batch(BODIES[next(numbers)]))
        assert spool.unread_removed_bytes == 0
        while segments(tmp_path)[0] == "000000000001.spool":
            spool.append(batch(BODIES[next(numbers)]))
        assert spool.unread_removed_bytes == sum(lengths[first + 2 : first + second])
        with pytest.raises(SpoolError, match=r"000000000001\.spool is not there"):
            reader.advance(middle, None)  # never without a word


def test_a_note_of_a_former_spool_or_a_broken_one_says_nothing(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path, segment_bytes=1) as spool:
        for body in BODIES[:3]:
            spool.append(batch(body))
        log(tmp_path).commit(log(tmp_path).last(), "default")
        assert spool.unread_bytes() == 0
    note = (tmp_path / "default.committed").read_bytes()
    shutil.rmtree(tmp_path)
    with SpoolWriter(tmp_path, segment_bytes=1) as spool:
        (tmp_path / "default.committed").write_bytes(note)
        for body in BODIES[:5]:
            spool.append(batch(body))
            assert spool.unread_bytes() == spool.size_bytes
        for broken in (b"", b"{", b"[]", b'{"segment": "x"}', b"[" * 5000, b'{"segment": 1e999, "position": 0}'):
            (tmp_path / "default.committed").write_bytes(broken)
            assert spool.unread_bytes() == spool.size_bytes


def test_retention_by_age_counts_what_a_query_has_not_read(tmp_path: Path, clock: Clock) -> None:
    with SpoolWriter(tmp_path, segment_bytes=1) as spool:
        lengths: list[int] = []
        for clock.now in (0.0, 100.0, 200.0):
            lengths.append(spool.append(batch(BODIES[len(lengths)])))
        clock.now = 150.0
        assert spool.remove_older_than(60) == 1
        assert spool.unread_removed_bytes == 0  # nobody says what was read
        log(tmp_path).commit({"segment": 1, "position": 0}, "default")
        clock.now = 250.0
        assert spool.remove_older_than(60) == 1
        assert spool.unread_removed_bytes == lengths[1]


@pytest.mark.slow
def test_a_query_whose_segment_is_gone_is_counted_once_and_then_holds_nothing_back(tmp_path: Path) -> None:
    reader = log(tmp_path)
    with SpoolWriter(tmp_path, limit_bytes=LIMIT) as spool:
        spool.append(batch(BODIES[0]))
        reader.commit(reader.last(), "dead")
        reader.commit(reader.last(), "alive")
        for body in BODIES[1:]:
            spool.append(batch(body))
            reader.commit(reader.last(), "alive")
        # What it had not read of the segment in which it stood, and no byte of the many that came later.
        assert 0 < spool.unread_removed_bytes <= LIMIT // 4
        assert spool.unread_bytes() == 0
        (tmp_path / "alive.committed").unlink()
        assert spool.unread_bytes() == spool.size_bytes  # where no other query can go on, nothing counts as read


def test_a_query_that_stands_at_the_end_of_an_old_segment_can_go_on(tmp_path: Path, clock: Clock) -> None:
    reader, week = log(tmp_path), 7 * 86400
    with SpoolWriter(tmp_path) as spool:
        spool.append(batch(BODIES[0]))
        place = reader.last()
        reader.commit(place, "weekly")
        clock.now = week + 60.0
        spool.remove_older_than(week)
        spool.append(batch(BODIES[1]))
        assert spool.remove_older_than(week) == 0
        assert read_between(tmp_path, place, reader.advance(place, None)) == BODIES[1:2]
        clock.now = 2 * week + 120.0  # it does not come, and the next segment is old, too
        spool.remove_older_than(week)
        spool.append(batch(BODIES[2]))
        spool.remove_older_than(week)
        assert segments(tmp_path) == ["000000000002.spool"]
        with pytest.raises(SpoolError, match=r"000000000000\.spool is not there"):
            reader.advance(place, None)


@pytest.mark.slow
def test_events_that_trickle_in_are_kept_an_eighth_longer_at_most(tmp_path: Path, clock: Clock) -> None:
    with SpoolWriter(tmp_path) as spool:
        for hour in range(0, 24 * 20, 6):
            clock.now = hour * 3600.0
            spool.append(batch(b"%d" % hour))
            spool.remove_older_than(7 * 86400)
            kept = hour - int(read_all(tmp_path)[0])
            assert kept <= 24 * 7 * 9 / 8 + 6
        assert kept >= 24 * 7


@pytest.mark.parametrize("jump_s", [-86400, -20 * 365 * 86400, 86400, 20 * 365 * 86400])
def test_a_clock_that_is_set_neither_removes_nor_keeps_anything(tmp_path: Path, clock: Clock, jump_s: int) -> None:
    with SpoolWriter(tmp_path, segment_bytes=1) as spool:
        for clock.now in (0.0, 100.0, 200.0):
            spool.append(batch(BODIES[0]))
        for file in tmp_path.glob("*.spool"):
            os.utime(file, (clock.wall + jump_s, clock.wall + jump_s))
        clock.wall += jump_s
        assert spool.remove_older_than(1000) == 0
        clock.now = 1150.0
        assert spool.remove_older_than(1000) == 2
    if jump_s > 0:  # files of the future are as good as new
        clock.wall -= jump_s
    with SpoolWriter(tmp_path) as spool:
        spool.append(batch(BODIES[1]))
        assert spool.remove_older_than(1000) == 0
        clock.now += 1001.0
        assert spool.remove_older_than(1000) == 1


def test_a_block_over_the_limit_is_refused_and_removes_nothing(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path, limit_bytes=LIMIT) as spool:
        spool.append(batch(BODIES[0]))
        with pytest.raises(SpoolError, match=r"^\[SPOOL_FULL\] .* raise the limit"):
            spool.append(batch(os.urandom(LIMIT)))
    assert read_all(tmp_path) == BODIES[:1]


def test_a_reader_that_may_not_write_says_so_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    reader = log(tmp_path / "absent")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            reader.commit(START, "default")
    assert len(caplog.records) == 1


def test_a_note_is_the_offset(tmp_path: Path) -> None:
    place: Offset = {"segment": 3, "position": 7, "identity": "00ff00ff00ff00ff"}
    for number in range(8):
        log(tmp_path).commit({**place, "position": number}, "default")
    assert [file.name for file in tmp_path.iterdir()] == ["default.committed"]
    assert json.loads((tmp_path / "default.committed").read_text()) == place


@pytest.mark.slow
def test_a_day_of_a_hundred_events_a_second_stays_within_the_limit_and_is_never_refused(
    tmp_path: Path, clock: Clock
) -> None:
    """The query notes its place each ten minutes, and is away for the hours 8 to 14: more than the limit holds."""
    limit, bodies = 16 * 2**20, [b'{"instances": [[%s]]}' % b", ".join([b"0.%06d" % n] * 20) for n in range(100)]
    reader, minute, largest, lost_by_hour = log(tmp_path), batch(*bodies * 60), 0, []
    with SpoolWriter(tmp_path, limit_bytes=limit, segment_bytes=limit // 16) as spool:
        for number in range(24 * 60):
            clock.now, clock.wall = clock.now + 60, clock.wall + 60
            spool.append(minute)  # SpoolError where it is full: the receiver's 503
            largest = max(largest, spool.size_bytes)
            if number % 10 == 9 and not 8 <= number // 60 < 14:
                reader.commit(reader.last(), "default")
            if number % 60 == 59:
                lost_by_hour.append(spool.unread_removed_bytes)
        written = spool.appended_bytes
    assert largest <= limit
    assert sum(file.stat().st_size for file in tmp_path.glob("*.spool")) <= limit
    assert written > 4 * limit
    assert lost_by_hour[7] == 0
    lost = lost_by_hour[14]
    assert lost == lost_by_hour[23]  # nothing more once the query is back
    away = written * 370 / 1440  # from the note at eight to the one at ten past two
    assert 0 < away - lost < limit
    assert lost < away - limit / 2  # most of what the limit holds was kept for it
