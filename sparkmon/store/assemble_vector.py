"""From the rows of the feature groups to the feature vectors: order, precedence, missing keys, row times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone

from sparkmon.errors import OptionError, StoreError
from sparkmon.interval import EPOCH
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import Entry, FeatureValue, Vectors

_MILLISECONDS_FROM = 10**11  # as seconds, the year 5138


def assemble_vector(
    view: FeatureView,
    rows: Mapping[str, Sequence[Entry | None]],
    entries: Sequence[Entry],
    passed_features: Sequence[Entry] | None = None,
    parameters: Entry | None = None,
) -> Vectors:
    """Put the features of each entry in the view's order: ``parameters`` before ``passed_features`` before the store's.

    ``rows`` has of each group the row of each entry, None where its key has none; the others are those of
    :meth:`OnlineView.read`. A feature that is passed as None stays None. A group's time may be a datetime (naive means
    UTC), a date (its midnight), or a count of seconds or milliseconds since 1970 (milliseconds from 100 billion on).

    >>> from sparkmon.store.feature_view import GroupInView
    >>> cards = GroupInView("cards_1", {"id": "card_id"}, {"mean": "card_mean"})
    >>> view = FeatureView("fraud", 1, ("amount", "card_mean"), (cards,))
    >>> assemble_vector(view, {"cards_1": [{"mean": 2.5}, None]}, [{}, {}], parameters={"amount": 9.0}).values
    [[9.0, 2.5], [9.0, None]]
    """
    count = len(entries)
    passed = [{}] * count if passed_features is None else passed_features
    if len(passed) != count:
        raise OptionError.malformed(
            "passed_features", f"{len(passed)} entries", f"one for each of the {count} entries"
        )
    values: list[list[FeatureValue]] = []
    for index, overrides in enumerate(passed):
        features: dict[str, FeatureValue] = {}
        for group in view.groups:
            row = rows[group.name][index]
            if row is not None:
                features |= {name: row[column] for column, name in group.features.items()}
        features |= overrides
        features |= parameters or {}
        values.append([features.get(name) for name in view.features])
    missing: dict[str, list[int]] = {}
    times: dict[str, list[datetime | None]] = {}
    for group in view.groups:
        of_group = rows[group.name]
        if None in of_group:
            missing[group.name] = [index for index, row in enumerate(of_group) if row is None]
        if group.time is not None:
            times[group.name] = [_utc(group.name, (row or {}).get(group.time)) for row in of_group]
    return Vectors(view.features, values, missing, times)


def _utc(group: str, value: FeatureValue) -> datetime | None:
    try:
        match value:
            case None:
                return None
            case datetime(tzinfo=None):
                return value.replace(tzinfo=timezone.utc)
            case datetime():
                return value.astimezone(timezone.utc)
            case date():
                return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
            case int():
                seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
                return EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        pass
    raise StoreError(
        f"got {value!r:.100} as the time of a row of {group!r}; name a column of timestamps, dates or "
        "seconds since 1970 as the group's time"
    )
