"""The clock of each model: its own, which goes on by itself only while the log is known to be read."""

from sparkmon.monitor.event_clocks import EventClocks

SECOND = 1_000_000


def test_each_model_has_its_own_watermark() -> None:
    clocks = EventClocks(delay=5 * SECOND, idle_s=None)
    clocks.advance({"a": 3600 * SECOND, "b": 100 * SECOND}, now_s=0)
    clocks.advance({"b": 90 * SECOND}, now_s=1)
    assert clocks.watermarks() == {"a": 3595 * SECOND, "b": 95 * SECOND}
    assert clocks.idle_watermarks(10**9) == {}


def test_an_idle_model_goes_on_from_its_last_event_and_no_further_than_the_log_was_read() -> None:
    clocks = EventClocks(delay=5 * SECOND, idle_s=2)
    clocks.advance({"old": 50 * SECOND, "new": 1000 * SECOND}, now_s=10)
    assert clocks.idle_watermarks(11.9) == {}
    assert clocks.idle_watermarks(20) == {"old": 55 * SECOND, "new": 1005 * SECOND}
    # An event that is late moves no clock, and shows that its model is not idle.
    clocks.advance({"old": 10 * SECOND}, now_s=19)
    assert clocks.idle_watermarks(20) == {"new": 1005 * SECOND}
    assert clocks.idle_watermarks(21.5)["old"] == 47_500_000
