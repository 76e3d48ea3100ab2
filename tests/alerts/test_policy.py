"""Policies that contradict themselves or their sinks are refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sparkmon.alerts.policy import Policy, Route, SeverityRule
from sparkmon.errors import OptionError

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"notify_on": "never"}, "got notify_on='never'; expected change or each"),
        ({"resolve_after": 0}, "got resolve_after=0; expected 1 or more"),
        ({"cool_down": -HOUR}, "expected no negative interval"),
        ({"severities": (SeverityRule(severity="loud"),)}, "expected info, warning, critical"),  # type: ignore[arg-type]
    ],
)
def test_an_invalid_policy_is_refused(options: dict[str, object], error: str) -> None:
    with pytest.raises(OptionError, match=error):
        Policy(**options)  # type: ignore[arg-type]


def test_routes_name_existing_sinks() -> None:
    policy = Policy(routes=(Route(sinks=("pager",)),))
    with pytest.raises(OptionError, match="got a route to 'pager', which is no sink; expected log"):
        policy.check_sinks(("log",))
    with pytest.raises(OptionError, match="got two sinks named 'log'; give each a name"):
        Policy().check_sinks(("log", "log"))


def test_a_sink_does_not_resolve_an_alert_before_its_reminder() -> None:
    policy = Policy(repeat_interval=2 * HOUR)
    policy.check_sinks(("pager",), {"pager": 3 * HOUR})
    with pytest.raises(
        OptionError, match="got resolve_timeout 2:00:00 for the sink 'pager'; expected longer"
    ):
        policy.check_sinks(("pager",), {"pager": 2 * HOUR})
    Policy(repeat_interval=None).check_sinks(("pager",), {"pager": HOUR})
