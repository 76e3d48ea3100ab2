"""Names the columns of a payload by the model's schema, and says how to read their values."""

from __future__ import annotations

from dataclasses import dataclass, field

from sparkmon.records import DeadLetter, Feature, FeatureKind


@dataclass(frozen=True, slots=True)
class Naming:
    """The columns of one layout of payloads, settled once for all events that have it."""

    names: tuple[str, ...]
    kinds: tuple[FeatureKind | None, ...] | None = None
    """By column, None if the schema does not have it; None altogether if it has none of them."""
    dead_letter: DeadLetter | None = None
    """Set when the payload cannot be of this model."""
    length: int = field(init=False)
    """Characters of all names together."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", sum(map(len, self.names)))


def name_columns(names: tuple[str, ...], named: bool, columns: tuple[Feature, ...]) -> Naming:
    """Settle the columns of a payload.

    Names the payload carries are kept, also those that the schema does not have. The schema's names replace generated
    ones, in order. The only column of a payload gets the name of the only column of a schema, whatever it is called: V2
    servers name their only output by habit (``output-0``, ``predict``).

    ``columns`` are the schema's features or predictions, empty without a schema; ``named`` says whether the payload
    carries its names. A payload without names that has another number of columns gets the dead letter
    ``ROW_LENGTH_MISMATCH``.
    """
    if not columns:
        return Naming(names)
    if not named and len(names) != len(columns):
        reason = f"got rows of {len(names)} values without names; the model's schema has {len(columns)} columns"
        return Naming(names, dead_letter=DeadLetter("ROW_LENGTH_MISMATCH", reason))
    if not named or len(names) == len(columns) == 1:
        names = tuple(column.name for column in columns)
    kind_of = {column.name: column.kind for column in columns}
    kinds = tuple(kind_of.get(name) for name in names)
    return Naming(names, kinds if any(kinds) else None)
