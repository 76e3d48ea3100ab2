"""The policy, hour by hour: what is told, what is not, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from sparkmon.alerts.actions import Acknowledgement, Actions, Silence
from sparkmon.alerts.decide import Decision, decide
from sparkmon.alerts.incident import Condition, Incident, Observation
from sparkmon.alerts.matcher import Matcher
from sparkmon.alerts.policy import Policy, Route, SeverityRule
from sparkmon.errors import OptionError
from sparkmon.sinks import Severity

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
PLAIN = Policy(cool_down=timedelta())
WORDS: dict[str, Condition] = {"x": "trouble", ".": "fine", "?": "unconfirmed", "c": "covered"}


def seen(
    at: int,
    condition: Condition = "trouble",
    *,
    name: str = "temp",
    model: str = "flights",
    severity: Severity = "warning",
    provisional: bool = False,
    statistics: tuple[str, ...] = ("ks", "psi"),
) -> Observation:
    """Make what the window of an hour says of a column."""
    alert = {
        "alert_id": f"{model} {name} {at}",
        "model": model,
        "model_version": "",
        "column_name": name,
        "slice_key": None,
        "slice_value": None,
    }
    start = NOON + at * HOUR
    return Observation(
        f"{model} {name}", condition, severity, start, start + HOUR, provisional, statistics, alert
    )


class Desk:
    """Decides hour by hour, and remembers."""

    def __init__(self, policy: Policy = PLAIN, *sinks: str) -> None:
        self.policy, self.sinks = policy, sinks or ("pager",)
        self.incidents: dict[str, Incident] = {}
        self.actions = Actions()
        self.sent: dict[str, int] = {}

    def take(self, *observations: Observation, now: datetime = NOON) -> list[Decision]:
        found = decide(
            self.policy,
            self.incidents,
            observations,
            actions=self.actions,
            sinks=self.sinks,
            sent=self.sent,
            now=now,
        )
        for each in found:
            self.incidents[each.observation.incident_id] = each.incident
        return found

    def play(self, hours: str) -> str:
        """Play hours such as ``xx..``; return what was told in each: fired, ongoing or resolved by its first letter."""
        told = []
        for at, letter in enumerate(hours):
            if letter == " ":
                told.append(" ")
                continue
            found = self.take(seen(at, WORDS[letter]))
            told.append((found[0].told or "-")[0] if found else "-")
        return "".join(told)


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        ("xxxx", "f---"),
        ("xx..", "f--r"),  # two windows in a row that are fine
        ("x.x.", "f---"),  # never two: it is still open
        ("x..x..", "f-rf-r"),
        ("??x?..", "--f--r"),
        ("x?.?..", "f----r"),  # what is unconfirmed is not fine
        ("cc", "--"),
        ("xc..", "f--r"),
    ],
)
def test_people_are_told_of_changes_alone(hours: str, told: str) -> None:
    assert Desk().play(hours) == told


def test_only_what_found_the_trouble_can_say_that_it_is_over() -> None:
    desk = Desk()
    desk.take(seen(0, statistics=("ks", "missing_column")))
    assert desk.take(seen(1, "fine", statistics=("null_rate", "psi"))) == []
    assert desk.take(seen(2, "fine", statistics=("ks", "null_rate")))[0].state == "recovering"
    assert desk.take(seen(3, "fine", statistics=("ks",)))[0].told == "resolved"
    # Of a column that was missing, anything can say that it is there.
    desk.take(seen(4, statistics=("missing_column",)))
    assert desk.take(seen(5, "fine", statistics=("null_rate",)))[0].state == "recovering"


def test_each_window_is_told_if_that_is_wanted() -> None:
    assert Desk(replace(PLAIN, notify="every")).play("xx?x..") == "fo-o-r"


def test_an_incident_that_stays_open_is_told_again_in_time() -> None:
    assert Desk(replace(PLAIN, repeat=3 * HOUR)).play("xxxxxxxx") == "f--o--o-"
    assert Desk(replace(PLAIN, repeat=None)).play("x" * 30) == "f" + "-" * 29


def test_what_grows_graver_is_told() -> None:
    desk = Desk()
    severities: list[Severity] = ["warning", "critical", "critical", "warning", "critical"]
    told = [desk.take(seen(at, severity=each))[0].told for at, each in enumerate(severities)]
    assert told == ["fired", "ongoing", None, None, None]


def test_an_incident_that_comes_back_soon_is_told_when_the_cool_down_is_over() -> None:
    desk = Desk(Policy(cool_down=4 * HOUR))
    #           fired at 0, resolved at 2; open again from 3: told four hours after hour 2
    assert desk.play("x..xxxx") == "f-r---f"
    desk = Desk(Policy(cool_down=4 * HOUR))
    assert desk.play("x..x") == "f-r-"
    (first, last) = desk.take(seen(4, "fine"), seen(5, "fine"))
    assert (first.untold, last.untold) == ("recovering", "never_told")
    assert desk.take(seen(6, "fine")) == []


def test_what_flaps_is_held_back_until_it_has_settled() -> None:
    desk = Desk(replace(PLAIN, resolve_after=1, flap_changes=4, flap_windows=8, repeat=None))
    #      changes at 0 1 2 3, then four of them lie in the last eight windows
    hours = "x.x.x.x........"
    assert desk.play(hours)[:8] == "frfr----"
    assert desk.incidents["flights temp"].believed is None
    # It fires again within eight windows of the changes before, and is told once these lie further back.
    desk = Desk(replace(PLAIN, resolve_after=1, flap_changes=4, flap_windows=8, repeat=None))
    assert desk.play("x.x.xxxxxxxxx") == "frfr-----f---"


def test_a_silence_holds_back_until_it_ends() -> None:
    desk = Desk()
    quiet = Silence("s", Matcher(model="fl*"), NOON - HOUR, NOON + HOUR)
    desk.actions = Actions((quiet,))
    (held,) = desk.take(seen(0))
    assert (held.state, held.told, held.untold) == ("fired", None, "silenced")
    (other,) = desk.take(seen(0, model="taxis"))
    assert other.told == "fired"
    (after,) = desk.take(seen(1), now=NOON + HOUR)
    assert (after.state, after.told) == ("ongoing", "fired")


def test_what_is_fired_and_resolved_in_a_silence_is_never_told() -> None:
    desk = Desk()
    desk.actions = Actions((Silence("s", Matcher(), NOON - HOUR, NOON + HOUR),))
    for at, condition in enumerate(("trouble", "fine", "fine")):
        (last,) = desk.take(seen(at, WORDS[".x"[condition == "trouble"]]))
    assert (last.state, last.untold) == ("resolved", "never_told")
    assert last.incident.is_settled


def test_who_sees_to_an_incident_is_not_reminded_of_it() -> None:
    desk = Desk(replace(PLAIN, repeat=HOUR))
    desk.take(seen(0))
    given = Acknowledgement("flights temp", NOON + timedelta(minutes=1), "ada")
    desk.actions = Actions((), {"flights temp": given})
    assert desk.take(seen(1))[0].untold == "acknowledged"
    assert desk.take(seen(2, severity="critical"))[0].told == "ongoing"
    assert desk.take(seen(3, "fine"))[0].untold == "recovering"
    assert desk.take(seen(4, "fine"))[0].told == "resolved"
    # The next incident is another one.
    later = NOON + timedelta(hours=5)
    desk.take(seen(5), now=later)
    assert desk.take(seen(6), now=later)[0].told == "ongoing"


def test_forty_columns_of_one_cause_are_one_notification() -> None:
    desk = Desk(PLAIN, "pager", "log")
    found = desk.take(*(seen(0, name=f"f{number}") for number in range(40)))
    assert len({each.notification_id for each in found}) == 1
    assert {each.sinks for each in found} == {("pager", "log")}
    found = desk.take(*(seen(1, name=f"f{number}", model="taxis") for number in range(3)))
    assert len({each.notification_id for each in found}) == 1


def test_a_notification_keeps_its_id_whatever_the_order() -> None:
    both = [seen(0, name="a"), seen(0, name="b")]
    first, again = Desk().take(*both), Desk().take(*reversed(both))
    assert {each.notification_id for each in first} == {each.notification_id for each in again}
    assert first[0].notification_id != Desk().take(both[0])[0].notification_id


def test_no_sink_is_told_more_often_than_it_may_be() -> None:
    desk = Desk(replace(PLAIN, at_most=2, notify="every"), "pager", "log")
    desk.sent = {"pager": 1}
    found = desk.take(*(seen(0, model=name) for name in "abcd"))
    assert [each.sinks for each in found] == [("pager", "log"), ("log",), (), ()]
    assert [each.untold for each in found] == [None, None, "capped", "capped"]
    # What was held back is told as soon as there is room.
    desk.sent = {}
    found = desk.take(*(seen(1, model=name) for name in "cd"))
    assert [each.told for each in found] == ["fired", "fired"]


def test_alerts_go_where_the_routes_say() -> None:
    routes = (
        Route(Matcher(model="flights", severity="critical"), ("pager",)),
        Route(Matcher(column="temp"), ("log",)),
    )
    desk = Desk(replace(PLAIN, routes=routes), "pager", "log")
    found = desk.take(
        seen(0, severity="critical"),
        seen(0, name="b"),
        seen(0, name="c", severity="critical"),
        seen(0, model="taxis"),
    )
    by_name = {each.observation.incident_id: (each.sinks, each.untold) for each in found}
    assert by_name == {
        "flights temp": (("pager", "log"), None),
        "flights b": ((), "no_route"),
        "flights c": (("pager",), None),
        "taxis temp": (("log",), None),
    }


def test_a_rule_sets_the_severity() -> None:
    rules = (SeverityRule(Matcher(column="te*"), "critical"),)
    found = Desk(replace(PLAIN, severities=rules)).take(seen(0), seen(0, name="b"))
    assert {each.observation.incident_id: each.severity for each in found} == {
        "flights temp": "critical",
        "flights b": "warning",
    }


def test_an_open_window_is_told_unless_people_know() -> None:
    desk = Desk()
    (early,) = desk.take(seen(0, provisional=True))
    assert (early.state, early.told) == ("provisional", "provisional")
    (closed,) = desk.take(seen(0))
    assert (closed.state, closed.told) == ("fired", "fired")
    (next_hour,) = desk.take(seen(1, provisional=True))
    assert (next_hour.told, next_hour.untold) == (None, "unchanged")


def test_a_window_is_decided_on_once() -> None:
    desk = Desk()
    desk.take(seen(0), seen(1))
    assert desk.take(seen(1), seen(0)) == []


def test_what_has_no_traffic_any_more_ends() -> None:
    desk = Desk()
    desk.take(seen(0))
    incident = desk.incidents["flights temp"]
    assert not incident.is_silent_since(NOON + 25 * HOUR, timedelta(days=1))
    assert incident.is_silent_since(NOON + 25.1 * HOUR, timedelta(days=1))
    (ended,) = desk.take(replace(seen(26), condition="gone"))
    assert (ended.state, ended.told, ended.incident.is_settled) == ("resolved", "resolved", True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"notify": "never"}, "got notify='never'; expected change or every"),
        ({"resolve_after": 0}, "got resolve_after=0; expected 1 or more"),
        ({"cool_down": -HOUR}, "expected no negative interval"),
        ({"severities": (SeverityRule(Matcher(), "loud"),)}, "expected info, warning, critical"),  # type: ignore[arg-type]
    ],
)
def test_a_policy_that_cannot_be_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        Policy(**options)  # type: ignore[arg-type]


def test_routes_name_sinks_that_are_there() -> None:
    policy = Policy(routes=(Route(Matcher(), ("pager",)),))
    with pytest.raises(OptionError, match="got a route to 'pager', which is no sink; expected log"):
        policy.check_sinks(("log",))
    with pytest.raises(OptionError, match="got two sinks named 'log'; give each a name"):
        Policy().check_sinks(("log", "log"))


def test_a_sink_keeps_alerts_until_they_are_told_again() -> None:
    policy = Policy(repeat=2 * HOUR)
    policy.check_sinks(("pager",), {"pager": 3 * HOUR})
    with pytest.raises(OptionError, match="got keep 2:00:00 for the sink 'pager'; expected longer"):
        policy.check_sinks(("pager",), {"pager": 2 * HOUR})
    Policy(repeat=None).check_sinks(("pager",), {"pager": HOUR})
