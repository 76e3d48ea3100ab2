"""A transformer's note on the vectors it made: ids, missing and stale rows, ages, as one text parameter.

It travels in the request that the predictor's logger sees, so that the log can be joined by entity id and the
enrichment itself can be watched: as ``parameters.sparkmon`` at the top of a V1 body, and as the request parameter
``sparkmon`` of V2 and gRPC.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sparkmon.errors import ProtocolError
from sparkmon.protocol.body import Rows, check_items, check_shape, check_text
from sparkmon.protocol.jsontext import loads
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.records import Value

ENRICHMENT_PARAMETER = "sparkmon"
"""The name of the request parameter that holds the text."""

_MEMBERS = ("keys", "missing", "stale", "age_s")


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
        ages = {group: [None if age is None else round(age, 3) for age in ages] for group, ages in self.age_s.items()}
        members = {"view": self.view, "keys": self.keys, "missing": self.missing}
        members |= {"stale": self.stale, "age_s": ages}
        return json.dumps(members, ensure_ascii=False, separators=(",", ":"))

    def entity_rows(self, count: int) -> Rows:
        """Return the entity ids of the request's ``count`` instances as a table, one row per instance."""
        return _table(self.keys, count)

    def note_rows(self, count: int) -> Rows:
        """Return the notes on the request's ``count`` instances as a table, one row per instance.

        Its columns are ``<group>.missing`` and ``<group>.stale``, 1 or 0, and ``<group>.age_s``.
        """
        columns: dict[str, Sequence[Value]] = {
            f"{group}.{what}": [int(index in marked) for index in range(count)]
            for what, groups in (("missing", self.missing), ("stale", self.stale))
            for group, marked in ((group, set(indexes)) for group, indexes in groups.items())
        }
        columns |= {f"{group}.age_s": each for group, each in self.age_s.items()}
        return _table(columns, count)

    @classmethod
    def from_text(cls, text: object, rows: int, limits: Limits = DEFAULT_LIMITS) -> "Enrichment | None":
        """Read what :meth:`to_text` wrote on a request of ``rows`` instances; unknown members are ignored.

        None if it is no such JSON, of another number of instances, or beyond ``limits``.
        """
        try:
            data = text.encode() if type(text) is str else b""
            check_items(data, limits)
            members = loads(data)
            parts = [members.get(name, {}) for name in _MEMBERS]
            note = cls(members["view"], *parts)
            for part in parts:
                check_shape(rows, len(part), limits)
                check_text([note.view, *part], limits)
                for each in part.values():
                    check_text([value for value in each if type(value) is str], limits)
            return note if note._is_sound(rows) else None
        except (ProtocolError, UnicodeEncodeError, AttributeError, KeyError, TypeError, OverflowError):
            return None

    def _is_sound(self, rows: int) -> bool:
        """Tell whether the members are lists of what they should be, as many as there are instances."""
        values, ages = [*self.keys.values()], [*self.age_s.values()]
        places = [*self.missing.values(), *self.stale.values()]
        return (
            type(self.view) is str
            and self.view != ""
            and {list}.issuperset(map(type, [*values, *ages, *places]))
            and all(len(each) == rows for each in [*values, *ages])
            and not {list, dict} & {type(value) for each in values for value in each}
            and {int, float, type(None)} >= {type(age) for each in ages for age in each}
            and {int} >= {type(place) for each in places for place in each}
            and all([*each] == sorted({*each}) for each in places)
            and all(not each or 0 <= each[0] <= each[-1] < rows for each in places)
        )


def _table(columns: Mapping[str, Sequence[Value]], count: int) -> Rows:
    values = [value for row in zip(*columns.values(), strict=True) for value in row]
    return Rows(tuple(columns), True, [count], values)
