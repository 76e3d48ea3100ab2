"""One form for one value, whatever it comes from: JSON, tensors, tables, logs and stores.

Levels are texts: a whole number without a point, a truth value as ``true`` or ``false``, a text as it is (``007``).
Times are seconds since 1970 in UTC.
"""

import math
from contextlib import suppress
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.records import FeatureKind

FloatArray: TypeAlias = npt.NDArray[np.float64]
Texts: TypeAlias = Any
"""An Arrow array of strings; None if no cell is a text."""
Column: TypeAlias = tuple[FloatArray, npt.NDArray[np.bool_], Texts]
"""The numbers of a column's cells (NaN where there is none), which cells have one, and the texts."""

LEVEL_KINDS: tuple[FeatureKind, ...] = ("categorical", "code", "boolean")
"""Kinds of columns whose values are levels; a code is one whose levels are numbers in the reference."""

_WHOLE = 2.0**63
_SINGLE = 1e38
_LONG = 16
"""Characters of a double that may be a decimal fraction in single precision."""
_FALSE, _TRUE = ("0", "false", "False", "FALSE"), ("1", "true", "True", "TRUE")
ZEROS = (r"^([+-]?\d+)\.0*$", r"^([+-]?\d+\.\d*[1-9])0+$")
"""What ends in zeros behind the point that a number would not have."""
_UNITS = (2.6e11, 2.6e14, 2.6e17)
"""Greatest numbers of a column of seconds, milliseconds and microseconds: the year 9999 is still in seconds."""


def text_of(number: float) -> str:
    """Write a number: without a point where it is whole and below 2^63, else as Java does since version 19.

    These are the fewest digits that give the same double when read. A fraction in single precision has those of its
    own: the FP32 of 0.1 is 0.1.

    >>> [text_of(number) for number in (7.0, 0.1, 1e300, -1.5e-7, float("inf"), 5e-324)]
    ['7', '0.1', '1.0E300', '-1.5E-7', 'Infinity', '4.9E-324']
    >>> text_of(float(np.float32(0.1))), text_of(2.0**60), text_of(2.0**63)
    ('0.1', '1152921504606846976', '9.223372036854776E18')
    """
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    size = abs(number)
    if size < _WHOLE and number == int(number):
        return str(int(number))
    shortest = repr(number)
    single = np.float32(number) if size < _SINGLE else np.float32(0)
    if len(shortest) > _LONG and float(single) == number and not number.is_integer():
        shortest = repr(float(str(single)))
    if 1e-3 <= size < 1e7:
        return shortest
    _, places, exponent = Decimal(shortest).as_tuple()
    digits = "".join(map(str, places)).rstrip("0")
    power = len(places) - 1 + int(exponent)
    if len(digits) == 1 and float(near := f"{size:.1e}") == size:
        digits = near[0] + near[2]
    return f"{'-' * (number < 0)}{digits[0]}.{digits[1:] or '0'}E{power}"


def level_of(value: object) -> str:
    """Write a value as a level.

    >>> [level_of(value) for value in (3, 3.0, 1e7, Decimal("3.00"), Decimal("0.10"), 2**53 + 1, True, "007")]
    ['3', '3', '10000000', '3', '0.1', '9007199254740993', 'true', '007']
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal) and value.is_finite():
        if value == value.to_integral_value():
            return str(int(value))
        number = float(value)
        return text_of(number) if Decimal(repr(number)) == value else f"{value:f}".rstrip("0")
    return text_of(value) if isinstance(value, float) else str(value)


def levels_of(array: Any, kind: FeatureKind | None = "categorical") -> Column:  # noqa: ANN401
    """Return the cells of an Arrow array as levels; NaN and infinities, which are none, stay numbers.

    >>> levels_of(pa.array([3.0, None, float("nan")]))[2].to_pylist()
    ['3', None, None]
    >>> levels_of(pa.array([1, 0, 2]), "boolean")[2].to_pylist()
    ['true', 'false', '2']
    >>> levels_of(pa.array(["1.50", "3.0", "007", "3.10b"]), "code")[2].to_pylist()
    ['1.5', '3', '007', '3.10b']
    """
    numbers = np.full(len(array), np.nan)
    has_number = np.zeros(len(array), np.bool_)
    if pa.types.is_floating(array.type):
        numbers = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
        is_finite = np.isfinite(numbers)
        has_number = ~is_finite & array.is_valid().to_numpy(zero_copy_only=False)
        array = pa.array(numbers, mask=~is_finite)
        numbers = np.where(has_number, numbers, np.nan)
    if pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
        encoded = array.dictionary_encode()
        levels = [level_of(value) for value in encoded.dictionary.to_pylist()]
        texts = pa.array(levels, pa.string()).take(encoded.indices)
    else:
        texts = array.cast(pa.string())
        if kind == "code":
            for pattern in ZEROS:
                texts = pc.replace_substring_regex(texts, pattern, r"\1")
    if kind == "boolean":
        # Not at import: the first array that Arrow makes imports pandas, for which most processes have no use.
        words: Any = pa.array([*_FALSE, *_TRUE])
        truth: Any = pa.array(["false"] * len(_FALSE) + ["true"] * len(_TRUE))
        texts = pc.coalesce(truth.take(pc.index_in(texts, value_set=words)), texts)
    return numbers, has_number, texts


def times_of(numbers: FloatArray, has_number: npt.NDArray[np.bool_], texts: Texts) -> Column:
    """Return the cells of a column of times as seconds: texts of ISO 8601, and numbers in the unit of the greatest.

    A text without a zone is in UTC; a text that is no time stays one. The unit is that of all numbers, because those of
    times near 1970 are small in each.

    >>> of_texts = pa.array(["2026-01-05T13:00:00+01:00", "soon"])
    >>> seconds, _, rest = times_of(np.full(2, np.nan), np.zeros(2, bool), of_texts)
    >>> seconds.tolist(), rest.to_pylist(), times_of(np.array([1767614400000.0]), np.ones(1, bool), None)[0].tolist()
    ([1767614400.0, nan], [None, 'soon'], [1767614400.0])
    """
    greatest = np.abs(numbers[np.isfinite(numbers)]).max(initial=0.0)
    numbers = numbers / 1000.0 ** int(np.searchsorted(_UNITS, greatest, side="right"))
    if texts is None:
        return numbers, has_number, None
    encoded = texts.dictionary_encode()
    codes = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy(zero_copy_only=False)
    seconds = np.append(_seconds_of(encoded.dictionary), np.nan)[codes]
    is_time = ~np.isnan(seconds)
    rest = texts.take(pa.array(np.arange(len(texts)), mask=is_time))
    return np.where(is_time, seconds, numbers), has_number | is_time, rest


def _seconds_of(texts: Any) -> FloatArray:  # noqa: ANN401
    """Read texts as times; NaN where one is none."""
    for zone in (None, "UTC"):
        with suppress(pa.ArrowInvalid):  # a text that is no time, or has a zone where others have none
            moments = texts.cast(pa.timestamp("us", zone)).cast(pa.int64())
            return np.asarray(moments.to_numpy(zero_copy_only=False) / 1e6, np.float64)
    some = texts.cast(pa.binary()).to_pylist()  # Spark's strings may be any bytes
    return np.array([_second_of(text.decode(errors="replace")) for text in some], np.float64)


def _second_of(text: str) -> float:
    text = text.strip()
    if text[:-1].isdecimal() or len(text) < len("2026-01-05"):
        return math.nan
    try:
        moment = datetime.fromisoformat(text[:-1] + "+00:00" if text[-1] in "Zz" else text)
    except ValueError:
        return math.nan
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return (aware - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds()
