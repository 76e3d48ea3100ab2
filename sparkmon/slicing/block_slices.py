"""Slices of blocks of rows: expressions evaluated on whole columns, in training and in serving alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.distributions.categories import truth_words
from sparkmon.distributions.schema import OTHER_VALUES
from sparkmon.protocol.row_block import Cells, RowBlock
from sparkmon.slicing.functions import FUNCTIONS, OPERATORS
from sparkmon.slicing.operations import case, first, to_number
from sparkmon.slicing.parts import Part
from sparkmon.slicing.slices import Slice, Slices
from sparkmon.slicing.values import LONGEST_TEXT, Values, ValueType, constant, texts_from, to_texts


class Evaluation:
    """Evaluates expressions over the features of some rows; what two of them share is evaluated once.

    No value makes it fail. A feature that the rows do not have is null.

    >>> from sparkmon.slicing.slices import parse_slice
    >>> rows = Evaluation(Cells(("distance",), np.array([[700.0], [2500.0]])))
    >>> rows.texts(parse_slice("distance > 1000", {"distance": "numeric"})).to_pylist()
    ['false', 'true']
    """

    def __init__(self, features: Cells) -> None:
        self._features = features
        self._places = {name: place for place, name in enumerate(features.names)}
        self._values: dict[Part, Values] = {}

    def texts(self, part: Part) -> pa.Array[Any]:
        """Return the values of an expression as texts: an array with a dictionary, of one entry per row."""
        values = to_texts(self._evaluate(part))
        return self._array(values.data, values.null, values.texts)

    def slice_values(self, each: Slice) -> pa.Array[Any]:
        """Return the value of each row's slice, a truth value as the slices call it; null if it is in none."""
        values = to_texts(self._evaluate(each.part))
        own = {value: place for place, value in enumerate(each.values)}
        words = truth_words(own.keys())
        places = np.array([own.get(words.get(text, text), len(own)) for text in values.texts], np.int64)
        return self._array(places[values.data], values.null, [*each.values, OTHER_VALUES])

    def _array(self, codes: npt.NDArray[np.int64], null: npt.NDArray[np.bool_], texts: Sequence[str]) -> pa.Array[Any]:
        size = len(self._features)
        indices: Any = pa.array(np.broadcast_to(codes, size).astype(np.int32), mask=np.broadcast_to(null, size))
        encoded: Any = pa.DictionaryArray.from_arrays(indices, pa.array(texts, pa.string()))
        return encoded  # type: ignore[no-any-return]

    def _evaluate(self, part: Part) -> Values:
        if part not in self._values:
            with np.errstate(all="ignore"):
                self._values[part] = self._new(part)
        return self._values[part]

    def _new(self, part: Part) -> Values:
        if part.kind == "feature":
            return self._feature(part.name, part.type)
        if part.kind == "literal":
            return _literal(part)
        if part.name == "case":
            return case(*(self._argument(each, part.type) for each in part.arguments))
        function = OPERATORS.get(part.name) or FUNCTIONS[part.name]
        types = function.types(len(part.arguments))
        return function.build(
            *(
                each.name if type_ == "literal" else self._argument(each, part.type)
                for each, type_ in zip(part.arguments, types, strict=True)
            )
        )

    def _argument(self, part: Part, value_type: ValueType) -> Values:
        """Evaluate an argument; NULL has the type that the result has."""
        return constant(value_type, None) if part.type == "null" else self._evaluate(part)

    def _feature(self, name: str, value_type: ValueType) -> Values:
        place = self._places.get(name)
        if place is None:
            return constant(value_type, None)
        cells = self._features
        data = cells.numbers[:, place]
        has_number = None if cells.has_number is None else cells.has_number[:, place]
        null = np.zeros(len(data), np.bool_) if has_number is None else ~has_number
        numbers = Values("number", data, null)
        texts = cells.texts.get(place)
        if value_type == "number":
            return numbers if texts is None else first(numbers, to_number(texts_from(texts)))
        if texts is None:
            return to_texts(numbers)
        cut = texts_from(texts, LONGEST_TEXT)
        return cut if null.all() else first(cut, to_texts(numbers))


def _literal(part: Part) -> Values:
    if part.type == "number":
        return constant("number", float(part.name))
    return constant(part.type, part.name == "TRUE" if part.type == "truth" else part.name)


@dataclass(frozen=True, slots=True)
class BlockSlices:
    """Finds the slices of the rows of blocks.

    >>> from sparkmon.slicing.slices import parse_slices
    >>> (origin,) = parse_slices(["origin"], {"origin": "categorical"})
    >>> own = Slices({("flights", ""): (Slice("origin", origin.part, ("JFK",)),)})
    >>> cells = Cells(("origin",), np.full((2, 1), np.nan), np.zeros((2, 1), bool), {0: pa.array(["JFK", "EWR"])})
    >>> rows = np.arange(2)
    >>> block = RowBlock("flights", "", "request", rows, rows, rows.astype(np.int32), features=cells)
    >>> [(key, values.to_pylist()) for key, values in BlockSlices(own).of(block)]
    [('origin', ['JFK', ':other'])]
    """

    slices: Slices

    def of(self, block: RowBlock) -> list[tuple[str, pa.Array[Any]]]:
        """Return the slice of each row by each key; null where it is in none.

        A response without its request's features is in no slice, and has no keys.
        """
        if block.features is None:
            return []
        rows = Evaluation(block.features)
        of_model = self.slices.of(block.model, block.model_version)
        return [(each.key, rows.slice_values(each)) for each in of_model]
