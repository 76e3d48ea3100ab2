"""The grammar of a slice's expression: a text to a tree of typed parts, without Spark.

Slices are configuration, but they are evaluated over payloads that anybody may send, for ever. So an expression is not
handed to Spark's SQL parser: sqlglot reads it, of its tree only listed classes and functions are taken, and these are
typed and built from functions that no value can make fail.
"""

from collections.abc import Mapping

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
