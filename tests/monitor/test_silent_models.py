"""Models that send nothing are missed, over restarts, and by the monitor that is to watch them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from sparkmon.comparison import Checks
from sparkmon.health import HealthLimits, MonitorStatus, Unanswered
from sparkmon.health.health_checks import check_health
from sparkmon.monitor.windows import Windows
from tests.monitor.closer_desk import CloserDesk, traffic
from tests.support.panes import HOUR, MIDNIGHT, panes_of

WINDOWS = Windows("1 hour", delay="10 minutes", k=4000)
LIMITS = HealthLimits(silent_after=timedelta(hours=3), unanswered_requests=None)


@pytest.fixture
def desk(tmp_path: Path) -> Callable[[str], CloserDesk]:
    """Make monitors with references of three models, as new processes."""
    models = ("shop", "bank", "never")
    return lambda query_id: CloserDesk(tmp_path, WINDOWS, Checks(("psi",)), query_id, models)


def silent(one: CloserDesk) -> dict[str, str]:
    """Return the messages of the models that are reported as silent."""
    one.closer.first_open()  # as the writer asks once the monitor has started
    now = MonitorStatus(MIDNIGHT, MIDNIGHT, counts=one.counters.counts)
    checks = check_health(now, now, LIMITS)
    return {each.name: each.message for each in checks if each.failing}


def hours(one: CloserDesk, model: str, first: int, count: int, batch_id: int) -> None:
    starts = [MIDNIGHT + at * HOUR for at in range(first, first + count)]
    one.ingest(batch_id, *(traffic(model, start, size=20) for start in starts))


@pytest.mark.slow
def test_silence_outlasts_a_restart_and_a_model_that_never_sent_is_missed(desk: Callable[[str], CloserDesk]) -> None:
    one = desk("q")
    assert silent(one) == {}
    hours(one, "shop", 0, 2, 0)
    hours(one, "bank", 0, 2, 1)
    assert silent(one) == {}
    hours(one, "bank", 2, 4, 2)  # the last of them stays open
    expected = {
        "never_sent": "models with a reference have sent no events since 2026-11-23 01:00 UTC: never; see how they are "
        "named in the log, or silence the column never_sent",
        "silent shop": "no events of the model shop have come since 2026-11-23 01:00 UTC",
    }
    assert silent(one) == expected
    assert silent(desk("q")) == expected
    again = desk("q")
    hours(again, "shop", 2, 4, 3)
    assert silent(again).keys() == {"never_sent"}
    hours(again, "never", 5, 1, 4)
    assert silent(again) == {}


@pytest.mark.slow
def test_requests_without_responses_are_counted_over_restarts_and_take_overs(desk: Callable[[str], CloserDesk]) -> None:
    def unanswered(one: CloserDesk) -> dict[str, Unanswered]:
        one.closer.first_open()
        return dict(one.counters.counts.unanswered)

    def answered(one: CloserDesk, at: int, batch_id: int) -> None:
        start = MIDNIGHT + at * HOUR
        responses = panes_of("shop", start, {"score": [0.5] * 20}, kind="response")
        one.ingest(batch_id, traffic("shop", start, size=20), responses)

    one = desk("q")
    hours(one, "shop", 0, 4, 0)  # the last of them stays open
    assert unanswered(one) == {"shop": Unanswered(MIDNIGHT, 60)}
    answered(one, 4, 1)
    hours(one, "shop", 5, 1, 2)
    assert unanswered(one) == {"shop": Unanswered(MIDNIGHT + 5 * HOUR, 0)}
    hours(one, "shop", 6, 3, 3)
    expected = {"shop": Unanswered(MIDNIGHT + 5 * HOUR, 60)}
    assert unanswered(one) == unanswered(desk("q")) == expected
    other = desk("other")
    assert unanswered(other) == {}
    hours(other, "shop", 9, 1, 0)
    assert unanswered(other) == {"shop": Unanswered(MIDNIGHT + 5 * HOUR, 80)}


def test_a_model_that_another_monitor_holds_is_not_missed(desk: Callable[[str], CloserDesk]) -> None:
    one, other = desk("q"), desk("other")
    hours(one, "bank", 0, 6, 0)
    assert silent(one)["never_sent"].partition("UTC: ")[2].startswith("never, shop; see")
    hours(other, "shop", 0, 1, 0)
    hours(one, "bank", 6, 1, 1)
    assert silent(one)["never_sent"].partition("UTC: ")[2].startswith("never; see")
