"""A transformer's note on the vectors it made: ids, missing and stale rows, ages, as one text parameter.

It travels in the request that the predictor's logger sees, so that the log can be joined by entity id and the
enrichment itself can be watched: as ``parameters.sparkmon`` at the top of a V1 body, and as the request parameter
``sparkmon`` of V2 and gRPC.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeVar

from sparkmon.errors import ProtocolError
from sparkmon.protocol.body import Rows, check_items, check_shape, check_text
from sparkmon.protocol.jsontext import loads
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.records import Value

ENRICHMENT_PARAMETER = "sparkmon"
"""The name of the request parameter that holds the text."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Enrichment:
    """How a transformer made the vectors of one request.

    Parameters
    ----------
    view : str
        The feature view and its version, ``fraud:1``.
    keys : mapping
        Entity id to its values, one per instance.
    missing, stale : mapping
        Feature group to the indexes of the instances whose row is missing, or older than the group allows: ascending,
        from 0. Groups without any may be left out.
    age_s : mapping
        Feature group to the age of each instance's row, in seconds; None where there is no row. Only groups with
        the time when a row was computed. Negative if the store's clock is ahead.

    Examples
    --------
    >>> note = Enrichment("fraud:1", {"card_id": [7, 8]}, {"cards_1": [1]}, age_s={"cards_1": [12.5, None]})
    >>> note.to_text()
    '{"view":"fraud:1","keys":{"card_id":[7,8]},"missing":{"cards_1":[1]},"stale":{},"age_s":{"cards_1":[12.5,null]}}'
    >>> Enrichment.from_text(note.to_text(), rows=2) == note
    True
    """

    view: str
    keys: Mapping[str, Sequence[Value]]
    missing: Mapping[str, Sequence[int]] = field(default_factory=dict)
    stale: Mapping[str, Sequence[int]] = field(default_factory=dict)
    age_s: Mapping[str, Sequence[float | None]] = field(default_factory=dict)

    def to_text(self) -> str:
        """Return the value of the parameter: JSON on one line, ages rounded to milliseconds."""
        ages = {
            group: [None if age is None else round(age, 3) for age in ages]
            for group, ages in self.age_s.items()
        }
        members = {"view": self.view, "keys": self.keys, "missing": self.missing}
        members |= {"stale": self.stale, "age_s": ages}
        return json.dumps(members, ensure_ascii=False, separators=(",", ":"))

    def entity_rows(self, count: int) -> Rows:
        """Return the entity ids of the request's ``count`` instances as a table, one row per instance.

        >>> Enrichment("fraud:1", {"card_id": [7, 8], "bank": ["a", "b"]}).entity_rows(2).values
        [7, 'a', 8, 'b']
        """
        return _table(self.keys, count)

    def note_rows(self, count: int) -> Rows:
        """Return the notes on the request's ``count`` instances as a table, one row per instance.

        Its columns are ``<group>.missing`` and ``<group>.stale``, 1 or 0, and ``<group>.age_s``.

        Examples
        --------
        >>> note = Enrichment("fraud:1", {"card_id": [7, 8]}, {"cards_1": [1]}, age_s={"cards_1": [3.5, None]})
        >>> note.note_rows(2).names, note.note_rows(2).values
        (('cards_1.missing', 'cards_1.age_s'), [0, 3.5, 1, None])
        """
        columns: dict[str, Sequence[Value]] = {
            f"{group}.{what}": [int(index in marked) for index in range(count)]
            for what, groups in (("missing", self.missing), ("stale", self.stale))
            for group, marked in ((group, set(indexes)) for group, indexes in groups.items())
        }
        columns |= {f"{group}.age_s": each for group, each in self.age_s.items()}
        return _table(columns, count)

    @classmethod
    def from_text(cls, text: object, rows: int, limits: Limits = DEFAULT_LIMITS) -> Enrichment:
        """Read what :meth:`to_text` wrote; members that are not known are ignored.

        ``rows`` is how many instances the request has; ``limits`` bound each member and each text. Raises ProtocolError
        ``ENRICHMENT_MALFORMED``: no such JSON, another number of instances, or beyond ``limits``.
        """
        if type(text) is not str:
            raise _malformed(f"got {type(text).__name__}; expected a string")
        try:
            data = text.encode()
            check_items(data, limits)
            return cls._of(loads(data), rows, limits)
        except (ProtocolError, UnicodeEncodeError) as error:
            if isinstance(error, ProtocolError) and error.condition == "ENRICHMENT_MALFORMED":
                raise
            raise _malformed(str(error)) from None

    @classmethod
    def _of(cls, members: object, rows: int, limits: Limits) -> Enrichment:
        if type(members) is not dict or type(members.get("view")) is not str or not members["view"]:
            raise _malformed("got no JSON object with a text `view`")
        check_text([members["view"]], limits, "a view")
        return cls(
            members["view"],
            _member(members, "keys", rows, limits, _keys),
            _member(members, "missing", rows, limits, _indexes),
            _member(members, "stale", rows, limits, _indexes),
            _member(members, "age_s", rows, limits, _ages),
        )


def _table(columns: Mapping[str, Sequence[Value]], count: int) -> Rows:
    values = [value for row in zip(*columns.values(), strict=True) for value in row]
    return Rows(tuple(columns), True, [count], values)


def _member(
    members: Mapping[str, Any],
    name: str,
    rows: int,
    limits: Limits,
    read: Callable[[str, list[Any], int, Limits], T],
) -> dict[str, T]:
    lists = members.get(name, {})
    if type(lists) is not dict or any(type(values) is not list for values in lists.values()):
        raise _malformed(f"got {name!r} that is no object of lists")
    check_shape(rows, len(lists), limits)
    check_text(list(lists), limits, f"a name in {name!r}")
    return {group: read(f"{name}.{group}", values, rows, limits) for group, values in lists.items()}


def _keys(where: str, values: list[Any], rows: int, limits: Limits) -> list[Value]:
    _check_length(where, values, rows)
    if {list, dict} & set(map(type, values)):
        raise _malformed(f"got lists or objects in {where!r}; expected ids")
    check_text([value for value in values if type(value) is str], limits)
    return values


def _ages(where: str, values: list[Any], rows: int, limits: Limits) -> list[float | None]:
    _check_length(where, values, rows)
    if not set(map(type, values)) <= {int, float, type(None)}:
        raise _malformed(f"got no seconds in {where!r}")
    try:
        return [None if value is None else float(value) for value in values]
    except OverflowError:
        raise _malformed(f"got an age in {where!r} that no number of seconds can hold") from None


def _indexes(where: str, values: list[Any], rows: int, limits: Limits) -> list[int]:
    ascends = (
        set(map(type, values)) <= {int}
        and all(before < after for before, after in pairwise(values))
        and (not values or (values[0] >= 0 and values[-1] < rows))
    )
    if not ascends:
        raise _malformed(f"got {where!r} that is no ascending list of indexes below {rows}")
    return values


def _check_length(where: str, values: list[Any], rows: int) -> None:
    if len(values) != rows:
        raise _malformed(f"got {len(values)} values in {where!r} for {rows} instances")


def _malformed(reason: str) -> ProtocolError:
    return protocol_error("ENRICHMENT_MALFORMED", reason)
