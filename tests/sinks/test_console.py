"""Notifications on the console."""

import io

import pytest

from sparkmon.errors import OptionError
from sparkmon.sinks import ConsoleSink
from tests.support.notifications import HOSTILE, alert, notification


def test_a_line_per_alert_and_one_for_the_rest() -> None:
    printed = io.StringIO()
    told = notification(*(alert(message=f"psi {n}") for n in range(30)), count=1200)
    ConsoleSink(printed).deliver(told)
    lines = printed.getvalue().splitlines()
    assert lines[:2] == ["ALERT warning: psi 0", "ALERT warning: psi 1"]
    assert len(lines) == 21
    assert lines[-1] == "ALERT and 1,180 more: see the table alerts, notification_id n1"


def test_a_hostile_name_makes_no_line() -> None:
    printed = io.StringIO()
    ConsoleSink(printed).deliver(notification(alert(state="resolved", message=HOSTILE)))
    (line,) = printed.getvalue().splitlines()
    assert line.startswith("RESOLVED temp\\r\\nBcc")
    assert line.isprintable()


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 101])
def test_a_name_is_short_and_printable(name: str) -> None:
    with pytest.raises(OptionError, match="expected 1 to 100 printable characters"):
        ConsoleSink(name=name)
