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
    """Put the features of each entry in the view's order.

    The precedence is ``parameters``, then ``passed_features``, then the store's row.

    Parameters
    ----------
    view : FeatureView
        The view: features, and the columns of each group.
    rows : mapping
        Each group's name to the row of each entry, a mapping of its columns; None if the key has no row.
    entries, passed_features, parameters
        As for :meth:`OnlineView.read`. A feature that is passed as None stays None.

    Returns
    -------
    Vectors
        A group's time may be a datetime (naive means UTC), a date (its midnight), or a count of seconds or milliseconds
        since 1970 (milliseconds from 100 billion on).

    Raises
    ------
    OptionError
        ``passed_features`` has another length than ``entries``.
    StoreError
        A group's time has another type.

    Examples
    --------
    >>> from sparkmon.store.feature_view import GroupInView
    >>> cards = GroupInView("cards_1", {"id": "card_id"}, {"mean": "card_mean"})
    >>> view = FeatureView("fraud", 1, ("amount", "card_mean"), (cards,))
    >>> assemble_vector(view, {"cards_1": [{"mean": 2.5}, None]}, [{}, {}], parameters={"amount": 9.0}).values
    [[9.0, 2.5], [9.0, None]]
    """
    if passed_features is not None and len(passed_features) != len(entries):
        raise OptionError.malformed(
            "passed_features",
            f"{len(passed_features)} entries",
            f"one for each of the {len(entries)} entries",
        )
    places = {name: place for place, name in enumerate(view.features)}
    values: list[list[FeatureValue]] = [[None] * len(places) for _ in entries]
    missing: dict[str, list[int]] = {}
    times: dict[str, list[datetime | None]] = {}
    for group in view.groups:
        columns = [
            (column, places[name]) for column, name in group.features.items() if name in places
        ]
        for index, (vector, row) in enumerate(zip(values, rows[group.name], strict=True)):
            if row is None:
                missing.setdefault(group.name, []).append(index)
                continue
            for column, place in columns:
                vector[place] = row[column]
        if group.time is not None:
            times[group.name] = [
                None if row is None else _utc(group.name, row[group.time])
                for row in rows[group.name]
            ]
    for overrides in (passed_features, None if parameters is None else [parameters] * len(entries)):
        if overrides is not None:
            _overwrite(values, overrides, places)
    return Vectors(view.features, values, missing, times)


def _overwrite(
    values: list[list[FeatureValue]], overrides: Sequence[Entry], places: Mapping[str, int]
) -> None:
    for vector, override in zip(values, overrides, strict=True):
        for name, value in override.items():
            if name in places:
                vector[places[name]] = value


def _utc(group: str, value: FeatureValue) -> datetime | None:
    try:
        if isinstance(value, datetime):
            return (
                value.astimezone(timezone.utc)
                if value.tzinfo
                else value.replace(tzinfo=timezone.utc)
            )
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
        if isinstance(value, int):
            seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
            return EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        pass
    else:
        if value is None:
            return None
    raise StoreError(
        f"got {value!r:.100} as the time of a row of {group!r}; name a column of timestamps, dates or "
        "seconds since 1970 as the group's time"
    )
