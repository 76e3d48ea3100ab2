"""The tables of the pages are those of the code: keys with their defaults, states, statuses, tables, extras."""

import re
from dataclasses import fields
from typing import get_args

import pytest

from sparkmon.alerts.decide import STAGES
from sparkmon.alerts.incident import IncidentState
from sparkmon.alerts.policy import Policy
from sparkmon.comparison.rates import ALLOWED, RATES
from sparkmon.tables import Retention
from tests.support.source import ROOT, package

ALERTS, VERDICTS, OPERATIONS, START = (
    (ROOT / "docs" / name).read_text() for name in ("alerts.md", "verdicts.md", "operations.md", "getting-started.md")
)
STATUSES = {*("ok", "drift", "over_limit", "provisional", "too_few_rows", "no_reference", "not_comparable")}


def table(text: str, head: str) -> list[list[str]]:
    """Return the cells of the table whose first heading is this."""
    (rows,) = re.findall(rf"^\| {re.escape(head)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.M)
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()]


def names(text: str, head: str) -> list[str]:
    """Return the names in the first column of a table."""
    return [name for row in table(text, head) for name in re.findall(r"`(\w+)`", row[0])]


def test_the_states_of_an_incident_are_explained() -> None:
    assert sorted(names(ALERTS, "state")) == sorted(get_args(IncidentState))


def test_every_reason_of_suppression_is_explained() -> None:
    assert sorted(names(ALERTS, "`suppressed_by`")) == sorted(STAGES)


def test_the_keys_of_the_policy_are_explained_with_their_defaults() -> None:
    written: dict[str, str] = {}
    for keys, default, _ in table(ALERTS, "key of `policy`"):
        found = re.findall(r"`(\w+)`", keys)
        values = [each.strip(" `") for each in default.split(", ")] if default else [""] * len(found)
        written |= dict(zip(found, values, strict=True))
    assert written == {each.name: shown(getattr(Policy(), each.name)) for each in fields(Policy)}


def shown(value: object) -> str:
    """Write a default as the page does."""
    hours = {3600: "1 hour", 86_400: "1 day"}
    seconds = getattr(value, "total_seconds", None)
    if seconds is not None:
        return hours[int(seconds())]
    return "" if value == () else str(value)


def test_every_status_is_explained_and_made() -> None:
    assert set(names(VERDICTS, "status")) == STATUSES
    text = "\n".join("\n".join(each.lines) for each in package() if each.room == "comparison")
    assert [status for status in STATUSES if f'"{status}"' not in text] == []


def test_the_rates_are_explained_with_what_is_allowed() -> None:
    rows = table(VERDICTS, "rate")
    assert {row[0].strip("`"): float(row[2]) for row in rows} == dict.fromkeys(RATES.values(), ALLOWED)


@pytest.mark.spark  # the schemas are Spark's
def test_every_table_is_explained() -> None:
    from sparkmon import schemas

    written = {
        *("ALERTS", "ALERT_ACTIONS", "ATTRIBUTIONS", "CLOSED_WINDOWS", "DEAD_LETTERS", "DELIVERIES"),
        *("DRIFT_METRICS", "EVENT_DIGESTS", "MONITORS", "OUTLIERS", "PANES", "PERFORMANCE", "PROFILES", "ROWS"),
    }
    assert written <= set(schemas.__all__)
    assert set(names(OPERATIONS, "table")) == {name.lower() for name in written}


def test_how_long_rows_are_kept_is_explained() -> None:
    written = {row[0].strip("`"): row[2] for row in table(OPERATIONS, "table")}
    kept = {name: getattr(Retention(), name, None) for name in written}
    assert written == {name: "good" if length is None else f"{length.days} days" for name, length in kept.items()}


def test_every_extra_is_explained() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    section = project.partition("[project.optional-dependencies]")[2].partition("\n[")[0]
    extras = re.findall(r"^(\w+) = \[", section, re.M)
    assert sorted(names(START, "extra")) == sorted(extras)
