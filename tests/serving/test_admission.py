"""Admission: bursts up to the limit, and in an overload the requests that can be answered without a queue."""

from contextlib import ExitStack

import pytest

from sparkmon.errors import ServingError
from sparkmon.serving.admission import Admission


class Clock:
    """Seconds that the test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def answered(admission: Admission, clock: Clock, seconds: float, *, each_s: float, at_once: int) -> None:
    """Answer requests that take ``each_s``, so many at once, for so long."""
    end = clock.now + seconds
    while clock.now < end:
        with ExitStack() as stack:
            for _ in range(at_once):
                stack.enter_context(admission.admit())
            clock.now += each_s


def fill(admission: Admission) -> int:
    """Let in as many as may come, until one is refused; tell how many were inside."""
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(admission.admit())
            except ServingError:
                return admission.in_flight


@pytest.mark.parametrize(
    ("each_s", "at_once", "calm"),
    [
        (0.002, 2, 8),  # 1,000 a second of 2 ms: 2 inside, 8 at the fewest
        (0.02, 20, 40),  # 1,000 a second of 20 ms: 20 inside
        (0.2, 200, 256),  # 1,000 a second of 200 ms: as many as ever
    ],
)
def test_an_overload_admits_twice_the_undisturbed_requests_in_flight(each_s: float, at_once: int, calm: int) -> None:
    clock = Clock()
    refused: list[int] = []
    admission = Admission(256, lambda: refused.append(1), clock)
    answered(admission, clock, 3.0, each_s=each_s, at_once=at_once)
    assert admission.limit == 256
    assert fill(admission) == 256
    assert admission.limit == pytest.approx(calm, rel=0.05)
    assert fill(admission) == admission.limit
    assert len(refused) == 2
    clock.now += 1.01
    assert admission.limit == 256


def test_times_of_an_overload_do_not_raise_the_limit() -> None:
    clock = Clock()
    admission = Admission(256, lambda: None, clock)
    answered(admission, clock, 3.0, each_s=0.02, at_once=20)
    fill(admission)
    for _ in range(60):
        answered(admission, clock, 0.5, each_s=0.04, at_once=40)
        admission.refuse()
    assert admission.limit == pytest.approx(40, rel=0.1)


def test_a_request_that_fails_at_once_does_not_count_as_a_short_one() -> None:
    clock = Clock()
    admission = Admission(256, lambda: None, clock)
    answered(admission, clock, 3.0, each_s=0.2, at_once=200)
    with pytest.raises(ServingError, match="bad"), admission.admit():
        raise ServingError("bad")
    fill(admission)
    assert admission.limit == 256


def test_an_unmeasured_limit_refuses_nobody() -> None:
    admission = Admission(3, lambda: None, Clock())
    assert [fill(admission), fill(admission)] == [3, 3]


def test_great_requests_are_refused_before_they_keep_small_ones_waiting() -> None:
    refused: list[int] = []
    admission = Admission(256, lambda: refused.append(1), max_instances=25_600)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(admission.admit(10_000))
        with pytest.raises(ServingError, match="20000 instances are being answered, too many for 10000 more") as error:
            stack.enter_context(admission.admit(10_000))
        assert (error.value.status, error.value.retry_after_s, len(refused)) == (503, 1, 1)
        # It is no overload: 200 more come in, of 25 instances each.
        for _ in range(200):
            stack.enter_context(admission.admit(25))
        assert admission.limit == 256
    with admission.admit(30_000):  # alone, whatever it has
        assert admission.in_flight == 1
