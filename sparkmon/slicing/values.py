"""The values of an expression on many rows, and how functions of one row are applied to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.protocol.canonical import text_of

LONGEST_TEXT = 256
"""How many characters of a text are looked at."""

ValueType: TypeAlias = Literal["number", "text", "truth", "null"]
"""The type of a part of an expression; only the literal is ``null``."""

BoolArray: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The values of a part of an expression: one for each row, or a single one for all rows."""

    type: ValueType
    data: npt.NDArray[Any]
    """Doubles, truth values, or places in ``texts``; anything where the value is null."""
    null: BoolArray
    texts: Sequence[str] = ()
    """What a text may be; never empty, and each as often as it comes."""


Build: TypeAlias = Callable[..., Values]
"""A function of values to values."""


def constant(value_type: ValueType, value: float | str | None) -> Values:
    """Return a value for all rows; None is null."""
    null = np.array([value is None])
    if value_type == "text":
        return Values("text", np.zeros(1, np.int64), null, [str(value or "")])
    data_type = np.bool_ if value_type == "truth" else np.float64
    return Values(value_type, np.array([value or 0], data_type), null)


def texts_from(texts: pa.Array[Any], longest: int | None = None) -> Values:
    """Return the texts of a string array, cut to a number of characters."""
    encoded: Any = texts.dictionary_encode()
    codes = encoded.indices.fill_null(0).to_numpy().astype(np.int64)
    try:
        levels = encoded.dictionary.to_pylist()
    except UnicodeDecodeError:  # Spark's strings may be any bytes
        levels = [each.decode(errors="replace") for each in encoded.dictionary.cast("binary").to_pylist()]
    levels = [text[:longest] for text in levels]
    return Values("text", codes, texts.is_null().to_numpy(zero_copy_only=False), levels or [""])


def to_texts(values: Values) -> Values:
    """Write values as texts: truth values as ``true`` and ``false``, whole numbers without a point."""
    if values.type == "text":
        return values
    if values.type == "truth":
        return Values("text", values.data.astype(np.int64), values.null, ["false", "true"])
    encoded: Any = pa.array(np.where(values.null, 0, values.data)).dictionary_encode()
    levels = [text_of(number) for number in encoded.dictionary.to_pylist()]
    return Values("text", encoded.indices.to_numpy().astype(np.int64), values.null, levels or [""])


def choose(condition: BoolArray, yes: Values, no: Values) -> Values:
    """Take the one value where a condition holds, else the other."""
    data, texts = no.data, no.texts
    if yes.type == "text" and yes.texts is not no.texts:
        data, texts = data + len(yes.texts), [*yes.texts, *no.texts]
    null = np.where(condition, yes.null, no.null)
    return Values(yes.type, np.where(condition, yes.data, data), null, texts)


def of_arrays(function: Callable[..., npt.NDArray[Any]], gives: ValueType) -> Build:
    """Apply a function of arrays; the value is null where an argument is."""

    def build(*arguments: Values) -> Values:
        return Values(gives, function(*(each.data for each in arguments)), _any_null(arguments))

    return build


def of_texts(function: Callable[..., Any], gives: ValueType) -> Build:
    """Apply a function of one or two texts, once for each that comes; it may give None, which is null."""

    def build(*arguments: Values) -> Values:
        codes, texts = _combined(arguments)
        results = [function(*each) for each in texts]
        null = _any_null(arguments) | np.array([each is None for each in results], np.bool_)[codes]
        if gives == "text":
            return Values(gives, codes, null, ["" if each is None else each for each in results])
        data_type = np.bool_ if gives == "truth" else np.float64
        return Values(gives, np.array([each or 0 for each in results], data_type)[codes], null)

    return build


def _combined(arguments: Sequence[Values]) -> tuple[npt.NDArray[np.int64], Iterable[tuple[str, ...]]]:
    """Return the number of each row's texts, and the texts of each number."""
    first, *others = arguments
    if not others:
        return first.data, ((text,) for text in first.texts)
    second = others[0]
    width = len(second.texts)
    codes = first.data * width + second.data
    size = len(first.texts) * width
    if size > len(codes):
        places, codes = np.unique(codes, return_inverse=True)
    else:
        places = np.arange(size)
    pairs = zip((places // width).tolist(), (places % width).tolist(), strict=True)
    return codes, ((first.texts[one], second.texts[other]) for one, other in pairs)


def _any_null(arguments: Sequence[Values]) -> BoolArray:
    return reduce(np.logical_or, (each.null for each in arguments))
