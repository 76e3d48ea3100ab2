"""Policies that contradict themselves or their sinks are refused."""

from datetime import timedelta

import pytest

from sparkmon.alerts import Alerting, Policy, Route, SeverityRule
from sparkmon.errors import OptionError
from sparkmon.sinks import AlertmanagerSink, LogSink

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
        Alerting([LogSink()], policy)
    with pytest.raises(OptionError, match="got two sinks named 'log'; give each a name"):
        Alerting([LogSink(), LogSink()])


def test_a_sink_does_not_resolve_an_alert_before_its_reminder() -> None:
    policy = Policy(repeat_interval=2 * HOUR)
    Alerting([resolving_after(3 * HOUR)], policy)
    with pytest.raises(OptionError, match="2 hours for the sink 'pager'; expected more than 2 hours"):
        Alerting([resolving_after(2 * HOUR)], policy)
    Alerting([resolving_after(HOUR)], Policy(repeat_interval=None))


@pytest.mark.parametrize(
    ("length", "timeout", "policy", "pause"),
    [
        (24 * HOUR, 26 * HOUR, Policy(), None),
        (168 * HOUR, 26 * HOUR, Policy(), "7 days"),
        (168 * HOUR, 169 * HOUR, Policy(), None),
        # The fourth window of seven hours is the first that ends a day after the first.
        (7 * HOUR, 28 * HOUR, Policy(), "1 day 4 hours"),
        (7 * HOUR, 8 * HOUR, Policy(repeat_interval=HOUR), None),
        (48 * HOUR, 26 * HOUR, Policy(notify_on="each"), "2 days"),
        (168 * HOUR, 26 * HOUR, Policy(repeat_interval=None), None),
    ],
)
def test_a_sink_does_not_resolve_an_alert_before_the_next_window(
    length: timedelta, timeout: timedelta, policy: Policy, pause: str | None
) -> None:
    alerting = Alerting([LogSink(), resolving_after(timeout)], policy)
    if pause is None:
        alerting.check_windows([HOUR, length])
    else:
        with pytest.raises(OptionError, match=f"expected more than {pause}, after which"):
            alerting.check_windows([HOUR, length])


def resolving_after(timeout: timedelta) -> AlertmanagerSink:
    return AlertmanagerSink("http://alertmanager:9093", name="pager", resolve_timeout=timeout)


def test_the_address_of_the_dashboard_is_one() -> None:
    assert (
        Alerting([LogSink()], dashboard_url="https://monitor.example.com/").dashboard_url
        == "https://monitor.example.com"
    )
    for url in ("monitor.example.com", "ftp://monitor", "https://a b", "https://monitor/?q=1", ""):
        with pytest.raises(OptionError, match="an http:// or https:// URL"):
            Alerting([LogSink()], dashboard_url=url)
