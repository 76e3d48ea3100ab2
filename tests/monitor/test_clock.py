"""Until when a log is read to its end, by what Spark reports: never said too late, and not much too early."""

import json
from bisect import bisect, bisect_left
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from sparkmon.monitor.clock import CLOCK_POLL_S, Clock, has_reached

TRIGGER_S = 10.0


class Trigger(NamedTuple):
    start: float
    asked: float
    """When the end of the log was asked for."""
    end: float
    batch_id: int
    """Of the last batch so far."""
    has_data: bool
    newest: int
    taken: int


class Stream:
    """A query on a log of which the times of arrival are known, and the closer of its windows, without Spark.

    It is ``frozen`` from one time to another, as a process without CPU is, and so are the looks of a clock. Each time
    Spark is asked, ``answer_s`` pass.
    """

    isActive = True  # noqa: N815

    def __init__(
        self,
        arrivals: list[float],
        durations: list[float],
        *,
        most: int = 1_000_000,
        frozen: tuple[float, float] = (0, 0),
        answer_s: float = 0.0,
        is_remote: bool = False,
    ) -> None:
        self.now, self.arrivals, self.frozen, self.answer_s = 0.0, arrivals, frozen, answer_s
        self.is_remote, self.caught_up = is_remote, 0
        self.triggers: list[Trigger] = []
        self.untils: list[tuple[float, float]] = []
        start, taken, batch_id = 0.0, 0, -1
        for duration in durations:
            if frozen[0] <= start < frozen[1]:
                start = frozen[1] + 0.3
            newest = bisect(arrivals, start + duration / 2)
            has_data = newest > taken
            batch_id, taken = batch_id + has_data, min(newest, taken + most)
            end = start + duration
            self.triggers.append(Trigger(start, start + duration / 2, end, batch_id, has_data, newest, taken))
            start = max(end, start - start % TRIGGER_S + TRIGGER_S)

    def ended(self) -> list[Trigger]:
        return self.triggers[: bisect(self.triggers, self.now, key=lambda each: each.end)]

    @property
    def status(self) -> dict[str, Any]:
        self.now += self.answer_s
        asked = self.triggers[: bisect(self.triggers, self.now, key=lambda each: each.asked)]
        running = any(each.start <= self.now for each in self.triggers[len(self.ended()) :][:1])
        return {
            "message": "Waiting for next trigger" if self.ended() else "Initializing sources",
            "isTriggerActive": running,
            "isDataAvailable": bool(asked) and asked[-1].has_data,
        }

    @property
    def lastProgress(self) -> SimpleNamespace | None:  # noqa: N802
        self.now += self.answer_s
        batch = next((each for each in reversed(self.ended()) if each.has_data), None)
        if batch is None:
            return None
        source = {"endOffset": batch.taken, "latestOffset": batch.newest}
        return SimpleNamespace(json=json.dumps({"batchId": batch.batch_id, "sources": [source]}))

    def may_close(self, read_until_s: float) -> bool:
        return True

    def catch_up(self) -> None:
        self.caught_up = self.taken()

    def taken(self) -> int:
        return self.ended()[-1].taken if self.ended() else 0

    def close_by_clock(self, until: float) -> None:
        read = self.caught_up if self.is_remote else self.taken()
        assert bisect_left(self.arrivals, until) <= read, f"at {self.now}, what came before {until} was not read"
        self.untils.append((self.now, until))

    def look(self, until: float, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have a clock look every half second."""
        monkeypatch.setattr("time.monotonic", lambda: self.now)
        stream: Any = self
        clock = Clock(stream, stream, TRIGGER_S, is_remote=self.is_remote)
        while self.now < until:
            clock.look()
            self.now += CLOCK_POLL_S
            if self.frozen[0] <= self.now < self.frozen[1]:
                self.now = self.frozen[1]


def test_a_log_at_rest_is_read_until_the_trigger_that_found_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream([3.0], [1.0] * 9)
    stream.look(80.0, monkeypatch)
    # The trigger at 10 takes the event, that at 20 finds nothing.
    assert next(each for each in stream.untils if each[1] > 3) == (21.0, 19.5 - TRIGGER_S)
    lags = {now - until for now, until in stream.untils if now >= 21}
    assert lags == {TRIGGER_S + looks * CLOCK_POLL_S for looks in (1, 2, 3)}


def test_a_log_that_never_rests_is_read_until_the_batch_before_began(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream([float(second) for second in range(400)], [4.0] * 30)
    stream.look(200.0, monkeypatch)
    # Batches begin at 0, 10, ..., and are first seen 4 s later; the looks before are half a second earlier.
    assert {now - until for now, until in stream.untils if now % TRIGGER_S == 4} == {14.5}
    assert stream.untils[0] == (24.0, 9.5)


def test_a_batch_of_minutes_does_not_make_its_log_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream([float(second) for second in range(900)], [90.0] * 9)
    stream.look(800.0, monkeypatch)  # the stream asserts that what came by then was read
    assert stream.untils
    assert max(now - until for now, until in stream.untils) <= 4 * 90


def test_a_process_without_cpu_is_not_taken_for_a_log_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream([3.0, 41.0], [1.0] * 20, frozen=(39.0, 99.0))
    stream.look(180.0, monkeypatch)
    assert max(until for now, until in stream.untils if now < 100) < 41 < max(until for _, until in stream.untils)


@pytest.mark.slow
@pytest.mark.parametrize("is_remote", [False, True])
def test_no_window_closes_while_what_came_before_is_unread(monkeypatch: pytest.MonkeyPatch, is_remote: bool) -> None:
    closed = 0
    for seed in range(100):
        random = Random(seed)
        rate, freeze = random.choice([0.02, 0.1, 1]), random.uniform(0, 300)
        arrivals = sorted(random.uniform(0, 600) for _ in range(int(rate * 600)))
        durations = [random.choice([0.2, 3, 9.7, 25, 90]) * random.random() for _ in range(60)]
        stream = Stream(
            arrivals,
            durations,
            most=random.choice([1, 30, 1_000_000]),
            frozen=(freeze, freeze + random.choice([0, 30])),
            answer_s=random.choice([0.0, 0.1, 2.0]),
            is_remote=is_remote,
        )
        stream.look(300.0, monkeypatch)
        closed += bool(stream.untils)
    assert closed > 60


@pytest.mark.parametrize(
    ("end", "latest", "reached"),
    [
        (5, 5, True),
        (4, 5, False),
        (None, None, True),
        (None, 5, False),
        (5, None, False),  # not reported
        ({"segment": 1, "position": 7}, {"segment": 1, "position": 7}, True),
        ({"segment": 1, "position": 6}, {"segment": 1, "position": 7}, False),
        ({"segment": 2, "position": 0}, {"segment": 1, "position": 7}, True),
        ({"modified_ns": 5, "path": "b"}, {"modified_ns": 5, "path": "a"}, True),
        ({"log": {"0": 3, "1": 9}}, {"log": {"0": 3, "1": 9}}, True),
        ({"log": {"0": 8, "1": 8}}, {"log": {"0": 3, "1": 9}}, False),
        ({"log": {"0": 3}}, {"log": {"0": 3, "1": 0}}, False),
        ({"reservoirVersion": 4, "index": -1}, {"reservoirVersion": 4, "index": -1}, True),
        ("a", 5, False),
    ],
)
def test_offsets_are_compared_as_places(end: object, latest: object, reached: bool) -> None:
    assert has_reached(end, latest) is reached
