"""What the functions and operators of slices do with values: null in three-valued logic, NaN above all numbers."""

import operator
from collections.abc import Callable, Mapping
from functools import partial, reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.slicing.numbers import number_of, round_half_up
from sparkmon.slicing.times import part_of_seconds, time_of
from sparkmon.slicing.values import LONGEST_TEXT, Build, Values, ValueType, choose, constant, of_arrays, of_texts


def case(*parts: Values) -> Values:
    """Take the value after the first condition that is true, or the last part."""
    *choices, otherwise = parts
    for condition, value in zip(choices[-2::-2], choices[-1::-2], strict=True):
        otherwise = choose(_is_true(condition), value, otherwise)
    return otherwise


def _is_true(condition: Values) -> npt.NDArray[np.bool_]:
    is_true: npt.NDArray[np.bool_] = condition.data & ~condition.null
    return is_true


def fold(function: Callable[[Values, Values], Values]) -> Build:
    """Make a function of two values one of many."""
    return lambda *parts: reduce(function, parts)


def first(one: Values, other: Values) -> Values:
    """Take the other value where the one is null."""
    return choose(~one.null, one, other)


def less(one: Values, other: Values) -> Values:
    """Compare values of one type."""
    return _LESS[one.type](one, other)


def equal(one: Values, other: Values) -> Values:
    """Compare values of one type."""
    return _EQUAL[one.type](one, other)


# NaN equals NaN, and is greater than all others, as in Spark.
_LESS: Mapping[ValueType, Build] = {
    "number": of_arrays(lambda one, other: (one < other) | (np.isnan(other) & ~np.isnan(one)), "truth"),
    "text": of_texts(operator.lt, "truth"),
    "truth": of_arrays(lambda one, other: ~one & other, "truth"),
}
_EQUAL: Mapping[ValueType, Build] = {
    "number": of_arrays(lambda one, other: (one == other) | (np.isnan(one) & np.isnan(other)), "truth"),
    "text": of_texts(operator.eq, "truth"),
    "truth": of_arrays(operator.eq, "truth"),
}
negate = of_arrays(np.logical_not, "truth")


def greatest(one: Values, other: Values) -> Values:
    """Take the greater value; null only where both are."""
    return choose(other.null | _is_true(less(other, one)), one, other)


def least(one: Values, other: Values) -> Values:
    """Take the smaller value; null only where both are."""
    return choose(other.null | _is_true(less(one, other)), one, other)


def null_if(one: Values, other: Values) -> Values:
    """Take the one value, null where it equals the other."""
    return choose(_is_true(equal(one, other)), constant(one.type, None), one)


def same(one: Values, other: Values) -> Values:
    """Compare so that null is the same as null, and the result is never null."""
    data = np.where(one.null | other.null, one.null & other.null, equal(one, other).data)
    return Values("truth", data, np.zeros_like(data))


def both(one: Values, other: Values) -> Values:
    """AND: false if either is, whatever the other is."""
    is_false = (~one.data & ~one.null) | (~other.data & ~other.null)
    return Values("truth", one.data & other.data, (one.null | other.null) & ~is_false)


def either(one: Values, other: Values) -> Values:
    """OR: true if either is, whatever the other is."""
    is_true = _is_true(one) | _is_true(other)
    return Values("truth", is_true, (one.null | other.null) & ~is_true)


def null_where(function: Callable[..., npt.NDArray[Any]], is_null: Callable[..., npt.NDArray[np.bool_]]) -> Build:
    """Apply a function of numbers that has no value where its last argument passes a test."""
    plain = of_arrays(function, "number")

    def build(*arguments: Values) -> Values:
        values = plain(*arguments)
        return Values("number", values.data, values.null | is_null(arguments[-1].data))

    return build


def time_part(name: str) -> Build:
    """Return the function that reads a part of times or of seconds."""
    of_text = of_texts(lambda text: getattr(time_of(text), name, None), "number")
    of_seconds = of_arrays(partial(part_of_seconds, name), "number")

    def build(time: Values) -> Values:
        if time.type == "text":
            return of_text(time)
        values = of_seconds(time)
        no_date = np.isnan(values.data) & (name != "hour")
        return Values("number", values.data, values.null | no_date)

    return build


def is_null(values: Values) -> Values:
    """Return where values are null; never null itself."""
    return Values("truth", values.null, np.zeros_like(values.null))


def is_nan(values: Values) -> Values:
    """Return where numbers are NaN; false where they are null."""
    data = np.isnan(values.data) & ~values.null
    return Values("truth", data, np.zeros_like(data))


def to_number(values: Values) -> Values:
    """Read texts as numbers, and truth values as 1 and 0."""
    if values.type == "text":
        return _NUMBER_OF(values)
    return Values("number", values.data.astype(np.float64), values.null)


_NUMBER_OF = of_texts(number_of, "number")


def like(texts: Values, pattern: str) -> Values:
    """Match texts with a pattern."""
    is_like: Any = pc.match_like(pa.array(texts.texts, pa.string()), pattern)
    return Values("truth", is_like.to_numpy(zero_copy_only=False)[texts.data], texts.null)


def substring(texts: Values, start: str, length: str = str(LONGEST_TEXT)) -> Values:
    """Cut texts from a character on; the first is 1 or 0."""
    begin = max(min(int(start), LONGEST_TEXT) - 1, 0)
    end = begin + min(int(length), LONGEST_TEXT)
    return of_texts(lambda text: text[begin:end], "text")(texts)


def right(texts: Values, count: str) -> Values:
    """Return the last characters of texts."""
    size = min(int(count), LONGEST_TEXT)
    return of_texts(lambda text: text[-size:] if size else "", "text")(texts)


def round_to(numbers: Values, digits: str = "0") -> Values:
    """Round numbers to some digits after the point."""
    return of_arrays(partial(round_half_up, digits=min(int(digits), 15)), "number")(numbers)
