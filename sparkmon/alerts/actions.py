"""What people do about alerts: silence some for a while, end a silence, acknowledge an incident; each is recorded."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta, timezone

from sparkmon.alerts.alert_store import AlertStore
from sparkmon.alerts.matcher import SEVERITIES, Matcher
from sparkmon.errors import OptionError

_LEAST = 4


def silence(
    store: AlertStore, matcher: Matcher, length: timedelta, *, by: str, comment: str = ""
) -> tuple[str, datetime]:
    """Mute the notifications of the alerts that match; return the id of the silence and its end.

    OptionError if the severity is none, or if the length is not positive.
    """
    if matcher.severity not in SEVERITIES:
        raise OptionError.malformed("severity", matcher.severity, ", ".join(SEVERITIES))
    if length <= timedelta():
        raise OptionError.malformed("length", length, "an interval longer than 0")
    now, silence_id = datetime.now(timezone.utc), secrets.token_hex(4)
    selected = {"model": matcher.model, "column_name": matcher.column, "slice": matcher.slice}
    store.write_action(
        action_id=silence_id,
        action="silence",
        **selected,
        severity=matcher.severity,
        start_time=now,
        end_time=now + length,
        by=by,
        comment=comment,
    )
    return silence_id, now + length


def end_silence(store: AlertStore, begin: str, *, by: str, comment: str = "") -> str:
    """End the silence whose id begins so; return the id."""
    silences, _ = store.actions()
    chosen = chosen_id("silence", begin, [each.silence_id for each in silences])
    store.write_action(
        action_id=chosen, action="unsilence", start_time=datetime.now(timezone.utc), by=by, comment=comment
    )
    return chosen


def acknowledge(store: AlertStore, begin: str, *, by: str, comment: str = "") -> str:
    """Acknowledge the open incident whose id begins so: no reminders until it resolves or escalates; return the id."""
    open_ids = [each for each, incident in store.incidents().items() if incident.is_open]
    chosen = chosen_id("open incident", begin, open_ids)
    store.write_action(
        action_id=secrets.token_hex(4),
        action="ack",
        incident_id=chosen,
        start_time=datetime.now(timezone.utc),
        by=by,
        comment=comment,
    )
    return chosen


def chosen_id(kind: str, begin: str, ids: Collection[str]) -> str:
    """Return the one id that begins so; OptionError if none or several do, or fewer than 4 characters are given."""
    matching = sorted(each for each in ids if each.startswith(begin))
    if len(matching) != 1 or len(begin) < _LEAST:
        raise OptionError(
            f"got {begin!r}, with which the ids of {len(matching)} {kind}s begin; "
            f"expected {_LEAST} characters or more of one id; sparkmon alerts list shows them"
        )
    return matching[0]
