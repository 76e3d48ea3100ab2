"""Slices of traffic: the rows that share a value of a feature or of an expression over features.

Slices are configuration, but they are evaluated over payloads that anybody may send, for ever. So an expression is not
handed to Spark's SQL parser: sqlglot reads it, of its tree only listed classes and functions are taken, and these are
typed and built from functions that no value can make fail.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.distributions.schema import OTHER_VALUES
from sparkmon.errors import OptionError
from sparkmon.records import FeatureKind
from sparkmon.slicing.parts import Part, feature_part, refused

_DEPTH = 20
_LONGEST = 200


def parse_slice(expression: str, kinds: Mapping[str, FeatureKind]) -> Part:
    """Read an expression and settle the type of each of its parts, or raise an OptionError that names what is wrong.

    It is a feature's name, bare or in backquotes, or an expression of SQL over features: comparisons (also ``IN``,
    ``BETWEEN``, ``LIKE``, ``IS NULL``), ``AND``, ``OR``, ``NOT``, ``+ - * / %``, ``CASE``, ``CAST`` to DOUBLE or
    STRING, and the functions of ``FUNCTIONS``.

    Where a value cannot be had the result is null: of a division by zero, a text that is no number, a text that is no
    time. ``LIKE`` has ``%`` twice at most, and there are no regular expressions, for a text can be made on which those
    take for ever.

    >>> part = parse_slice("distance > 1000", {"distance": "numeric", "origin": "categorical"})
    >>> part.type, part.name, [argument.name for argument in part.arguments]
    ('truth', '>', ['distance', '1000'])
    >>> parse_slice("java_method('java.lang.System', 'exit')", {"distance": "numeric"})
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got 'java_method' in the slice ...; expected one of the functions ...
    """
    if not expression.strip():
        raise OptionError.malformed("slices", expression, "a feature or an expression over features")
    if len(expression) > _LONGEST:
        raise OptionError(
            f"got a slice of {len(expression)} characters, {expression[:40]!r} ...; expected at most {_LONGEST}"
        )
    name = expression.strip()
    if name in kinds:  # also a feature whose name is no word of SQL, such as `air.time`
        return feature_part(name, kinds[name])
    # Here, because it needs sqlglot: whoever has no such slices needs none.
    from sparkmon.slicing.dialect import parse, tokens_of
    from sparkmon.slicing.reader import Reader

    tokens = tokens_of(expression)
    _require_shallow(expression)
    reader = Reader(expression, kinds)
    reader.check_names(tokens)
    part = reader.read(parse(expression, tokens))
    if not reader.features:
        known_names = f"known are {', '.join(kinds) or 'none'}"
        raise refused(expression, name, f"a feature in it; {known_names}")
    return part


def _require_shallow(expression: str) -> None:
    depth = 0
    for sign in expression:
        depth += (sign == "(") - (sign == ")")
        if depth > _DEPTH:
            raise refused(expression, "(", f"at most {_DEPTH} levels of brackets")


_MOST_SLICES = 20


@dataclass(frozen=True)
class Slice:
    """One way to cut a model's traffic."""

    key: str
    """The expression as it was written."""
    part: Part
    """The parsed expression."""
    values: tuple[str, ...] = ()
    """The values with a slice of their own; all others are ``:other``."""


@dataclass(frozen=True)
class Slices:
    """The slices of models, by model and model version (empty for all versions without their own)."""

    of_model: Mapping[tuple[str, str], tuple[Slice, ...]] = field(default_factory=dict)

    def of(self, model: str, version: str) -> tuple[Slice, ...]:
        """Return those of one version of a model."""
        return self.of_model.get((model, version), self.of_model.get((model, ""), ()))

    def __bool__(self) -> bool:
        return any(self.of_model.values())


def parse_slices(expressions: Sequence[str], kinds: Mapping[str, FeatureKind]) -> list[Slice]:
    """Read expressions over the features of one model; see :func:`sparkmon.slicing.slices.parse_slice`."""
    if isinstance(expressions, str):
        raise OptionError.malformed("slices", expressions, "a list of expressions")
    keys = dict.fromkeys(expression.strip() for expression in expressions)
    if len(keys) > _MOST_SLICES:
        raise OptionError(f"got {len(keys)} slices; expected at most {_MOST_SLICES}")
    return [Slice(key, parse_slice(key, kinds)) for key in keys]


def slices_of(references: pa.Table) -> Slices:
    """Return the slices that references, one of each model, were made with.

    Examples
    --------
    >>> of_feature = {"model": "flights", "model_version": "", "block_start": None, "column_name": "origin",
    ...               "column_kind": "feature", "data_type": "categorical", "column_index": 0}
    >>> values = [(None, None), ("origin", "JFK"), ("origin", ":other")]
    >>> references = pa.Table.from_pylist(
    ...     [{**of_feature, "slice_key": key, "slice_value": value} for key, value in values])
    >>> [(each.key, each.values) for each in slices_of(references).of("flights", "")]
    [('origin', ('JFK',))]
    """
    whole = references.filter(pc.is_null(references["block_start"]))
    kinds: dict[tuple[str, str], dict[str, FeatureKind]] = {}
    values: dict[tuple[str, str], dict[str, set[str]]] = {}
    names = ["model", "model_version", "slice_key", "slice_value"]
    columns = ["column_name", "column_kind", "data_type"]
    for row in whole.select([*names, *columns]).to_pylist():
        model = (row["model"], row["model_version"])
        by_key = values.setdefault(model, {})
        if row["slice_key"] is not None:
            by_key.setdefault(row["slice_key"], set()).add(row["slice_value"])
        elif row["column_kind"] == "feature":
            kinds.setdefault(model, {})[row["column_name"]] = row["data_type"]
    return Slices(
        {
            model: tuple(
                replace(each, values=tuple(sorted(by_key[each.key] - {OTHER_VALUES})))
                for each in parse_slices(sorted(by_key), kinds.get(model, {}))
            )
            for model, by_key in values.items()
        }
    )


def with_slices(references: pa.Table, chosen: Sequence[str] | None) -> pa.Table:
    """Filter references to the whole and the chosen slices, of which they must have all; by default to all slices."""
    if chosen is None:
        return references
    if isinstance(chosen, str):
        raise OptionError.malformed("slices", chosen, "a list of expressions")
    keys = {*references["slice_key"].drop_null().to_pylist()}
    expressions = [expression.strip() for expression in chosen]
    for key in expressions:
        if key not in keys:
            raise OptionError(
                f"got the slice {key!r}, which no reference was made with; they have "
                f"{', '.join(sorted(map(repr, keys))) or 'none'}; make the reference again with it: "
                f"sparkmon profile TABLE --as MODEL --slice {key!r}"
            )
    kept_keys: Any = pa.array([None, *expressions], pa.string())
    return references.filter(pc.is_in(references["slice_key"], value_set=kept_keys))
