"""Which columns of a model's answers are what: the class or number it predicts, and its probabilities."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.distributions.arrays import FloatArray, IntArray
from sparkmon.errors import OptionError, ProfileError
from sparkmon.performance.metric import Task
from sparkmon.performance.outcomes import ClassOutcomes, NumberOutcomes, Outcomes
from sparkmon.protocol import Cells

MOST_CLASSES = 50
_DISCRETE = 20
"""Whole numbers of more values than these are predicted as numbers."""
_HALF = 0.5
_QUANTILE = re.compile(r"(?:^|[^a-z0-9])(p|q|quantile)_?(\d{1,2}(?:\.\d{1,4})?)$")
_SUM = 0.01
"""How far from 1 the probabilities of a row may add up to."""
_BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """What a model answered to some rows."""

    predicted: FloatArray
    """The place of the class, or the number."""
    scores: FloatArray | None
    is_usable: _BoolArray
    """Whether the answer could be read: a class that the reference has, finite numbers, probabilities."""


@dataclass(frozen=True)
class AnswerColumns:
    """The columns of a model's answers, as its reference knows them."""

    task: Task
    label: str
    """The column with what came true."""
    classes: tuple[str, ...] = ()
    """In the order of the probabilities; of numbers, the levels of the quantiles in ascending order."""
    scores: tuple[str, ...] = ()
    """The column of the probability of each class; or the one of class 1, the second of two; none without them. Of
    numbers, the column of each quantile."""
    predicted: str | None = None
    """The column of the predicted class or number. Without it, the class with the greatest probability is predicted."""
    center: float = 0.0
    """The mean label of a regression model in its reference."""

    def __post_init__(self) -> None:
        is_class = self.task == "classification"
        has_scores = not self.scores or len(self.scores) in {len(self.classes), 1 if len(self.classes) == 2 else 0}
        if (
            self.task not in ("classification", "regression")
            or (is_class and not (2 <= len(self.classes) <= MOST_CLASSES and has_scores))
            or (not self.scores and self.predicted is None)
        ):
            raise ProfileError(
                f"got {len(self.classes)} classes and the score columns {self.scores!r}; expected 2 to {MOST_CLASSES} "
                "classes, and a probability of each, of the second of two, or a predicted class"
            )

    @classmethod
    def of(cls, predictions: Cells, labels: pa.Array[Any], label: str) -> AnswerColumns:
        """Recognise the columns by what held-out rows have in them.

        Parameters
        ----------
        predictions : Cells
            The model's answers, in the order in which they were named.
        labels : pyarrow.Array of strings
            What came true, by row, as :func:`class_names` writes it.
        label : str
            The name of its column.

        Raises
        ------
        OptionError
            The columns are not those of a classifier or a regression model, or not in the order of the classes.
        """
        names, numbers = _classes(labels)
        texts = [_texts(predictions, place) for place in range(len(predictions.names))]
        is_predicted = [bool(pc.all(pc.is_in(each, pa.array(names))).as_py()) for each in texts]
        if numbers is not None and not any(is_predicted) and (len(names) > _DISCRETE or len(predictions.names) == 1):
            columns = cls._of_scores(predictions, names, labels, label) if len(names) == 2 else None
            return columns or cls._of_numbers(predictions, numbers, label)
        if not 2 <= len(names) <= MOST_CLASSES:
            raise OptionError(
                f"got the label {label!r} with {len(names)} values; expected 2 to {MOST_CLASSES} classes, or numbers "
                "and one column that predicts them"
            )
        predicted = [name for name, is_it in zip(predictions.names, is_predicted, strict=True) if is_it]
        if len(predicted) > 1:
            raise OptionError(f"got the predictions {predicted}, which all have classes; name one of them")
        scores = [place for place, is_it in enumerate(is_predicted) if not is_it]
        if not scores:
            return cls("classification", label, names, predicted=predicted[0])
        chosen = Cells(tuple(predictions.names[at] for at in scores), predictions.numbers[:, scores])
        columns = cls._of_scores(chosen, names, labels, label, *predicted)
        if columns is None:
            raise OptionError(
                f"got the predictions {chosen.names} for the classes {', '.join(names)}; expected probabilities from 0 "
                "to 1: of each class in this order, or of the second of two"
            )
        return columns

    @classmethod
    def _of_scores(
        cls, scores: Cells, names: tuple[str, ...], labels: pa.Array[Any], label: str, predicted: str | None = None
    ) -> AnswerColumns | None:
        """Return them with probabilities, if these columns can be such; OptionError if not in the classes' order."""
        is_probability = ((scores.numbers >= 0) & (scores.numbers <= 1)).all()
        width = len(scores.names)
        if not is_probability or width not in {len(names), 1 if len(names) == 2 else 0}:
            return None
        columns = cls("classification", label, names, scores.names, predicted)
        places, matrix = columns.places_of(labels), columns._matrix(scores)
        for place, name in enumerate(names):
            is_class = places == place
            if not matrix[is_class, place].mean() > matrix[~is_class, place].mean():
                raise OptionError(
                    f"got the prediction {scores.names[place if width > 1 else 0]!r} for the class {name!r}, which is "
                    f"no greater where that is true; name the columns in the order {', '.join(names)}"
                )
        return columns

    @classmethod
    def _of_numbers(cls, predictions: Cells, labels: FloatArray, label: str) -> AnswerColumns:
        quantiles = quantile_levels(predictions.names)
        points = [name for name in predictions.names if name not in quantiles]
        if not points:  # the median, or what is nearest to it
            points = [min(quantiles, key=lambda name: abs(quantiles[name] - _HALF))]
        if len(points) > 1:
            raise OptionError(
                f"got the predictions {', '.join(predictions.names)} for the number {label!r}; expected one column, "
                "and columns of quantiles named like p10 or q0.9"
            )
        names = tuple(sorted(quantiles, key=quantiles.__getitem__)) if len(predictions.names) > 1 else ()
        levels = tuple(f"{quantiles[name]:g}" for name in names)
        return cls("regression", label, levels, names, points[0], float(labels.mean()))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are read."""
        return (*self.scores, *([] if self.predicted is None else [self.predicted]))

    def places_of(self, labels: pa.Array[Any]) -> IntArray:
        """Return the place of each label's class; -1 of a class that the reference does not have."""
        places: Any = pc.index_in(labels, pa.array(self.classes, pa.string()))
        chosen: IntArray = places.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        return chosen

    def read(self, predictions: Cells) -> Answered:
        """Read a block's answers."""
        missing = {*self.names} - {*predictions.names}
        if missing:
            nothing = np.full(len(predictions), np.nan)
            return Answered(nothing, None, np.zeros(len(predictions), np.bool_))
        scores, is_usable = None, np.ones(len(predictions), np.bool_)
        if self.scores and self.task == "classification":
            some = [predictions.names.index(name) for name in self.scores]
            scores = self._matrix(Cells(self.scores, predictions.numbers[:, some]))
            total = scores.sum(axis=1, keepdims=True)
            is_usable = ((scores >= 0) & (scores <= 1)).all(axis=1) & (np.abs(total - 1) <= _SUM)[:, 0]
            scores = np.where(is_usable[:, None], scores / np.where(total > 0, total, 1), 1 / len(self.classes))
        if self.predicted is None:
            assert scores is not None
            # As in scikit-learn: of two, the second from one half on.
            predicted = scores[:, 1] >= _HALF if len(self.classes) == 2 else scores.argmax(axis=1)
            return Answered(predicted.astype(float), scores, is_usable)
        place = predictions.names.index(self.predicted)
        if self.task == "regression":
            numbers = predictions.numbers[:, place]
            quantiles = predictions.numbers[:, [predictions.names.index(name) for name in self.scores]]
            is_usable = np.isfinite(numbers) & np.isfinite(quantiles).all(axis=1)
            return Answered(numbers, quantiles if self.scores else None, is_usable)
        places = self.places_of(_texts(predictions, place))
        return Answered(np.maximum(places, 0).astype(float), scores, is_usable & (places >= 0))

    def outcomes(self, answered: Answered, labels: pa.Array[Any]) -> tuple[Outcomes, _BoolArray]:
        """Put answers and labels together; return which rows have both, too, of which the outcomes are."""
        if self.task == "regression":
            truth = as_numbers(labels)
            both = answered.is_usable & np.isfinite(truth)
            quantiles = None if answered.scores is None else answered.scores[both]
            levels = tuple(map(float, self.classes))
            return NumberOutcomes(truth[both], answered.predicted[both], self.center, quantiles, levels), both
        places = self.places_of(labels)
        both = answered.is_usable & (places >= 0)
        scores = None if answered.scores is None else answered.scores[both]
        predicted = answered.predicted[both].astype(np.int64)
        return ClassOutcomes.of_labels(places[both], predicted, scores, len(self.classes)), both

    def to_json(self) -> Mapping[str, Any]:
        """Return them as what JSON has."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> AnswerColumns:
        """Read what :meth:`to_json` wrote; KeyError, TypeError, ValueError or ProfileError if it is anything else."""
        classes, scores = (tuple(map(str, state[name])) for name in ("classes", "scores"))
        predicted = None if state["predicted"] is None else str(state["predicted"])
        return cls(cast(Task, state["task"]), str(state["label"]), classes, scores, predicted, float(state["center"]))

    def _matrix(self, scores: Cells) -> FloatArray:
        """Return rows x classes."""
        numbers = scores.numbers
        return np.hstack([1 - numbers, numbers]) if numbers.shape[1] == 1 else numbers


def quantile_levels(names: Sequence[str]) -> dict[str, float]:
    """Return the levels of the columns whose names say that they are quantiles.

    >>> quantile_levels(["price", "p10", "price_q0.9", "quantile_0.05", "P2.5", "p0", "top10"])
    {'p10': 0.1, 'price_q0.9': 0.9, 'quantile_0.05': 0.05, 'P2.5': 0.025}
    """
    levels = {}
    for name in names:
        match = _QUANTILE.search(name.lower())
        level = float(match[2]) if match else 0.0
        level = level if level < 1 else level / 100
        if 0 < level < 1:
            levels[name] = level
    return levels


def class_names(values: pa.Array[Any] | pa.ChunkedArray[Any]) -> pa.Array[Any]:
    """Write classes as texts, so that a class is the same as a number, a truth value or a text.

    >>> class_names(pa.array([1.0, 0.0, None])).to_pylist(), class_names(pa.array([True])).to_pylist()
    (['1', '0', None], ['1'])
    """
    array: Any = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.int8())
    if pa.types.is_floating(array.type):
        is_whole = pc.and_(pc.equal(pc.floor(array), array), pc.less(pc.abs(array), pa.scalar(2.0**53, array.type)))
        whole = pc.if_else(is_whole, array, None).cast(pa.int64()).cast(pa.string())
        texts: Any = pc.coalesce(whole, array.cast(pa.string()))
        return texts  # type: ignore[no-any-return]
    text: Any = array.cast(pa.string())
    return text  # type: ignore[no-any-return]


def as_numbers(labels: pa.Array[Any]) -> FloatArray:
    """Read texts as numbers; NaN where they are none."""
    texts = labels.to_numpy(zero_copy_only=False)
    try:
        return texts.astype(float)
    except (TypeError, ValueError):
        return np.array([_number(each) for each in texts.tolist()])


def _number(text: str | None) -> float:
    try:
        return np.nan if text is None else float(text)
    except ValueError:
        return np.nan


def _classes(labels: pa.Array[Any]) -> tuple[tuple[str, ...], FloatArray | None]:
    """Return the values of labels in their order, and the labels as numbers if they are such."""
    values: list[Any] = pc.unique(labels.drop_null()).to_pylist()
    numbers = as_numbers(pa.array(values, pa.string()))
    if not len(values) or np.isnan(numbers).any():
        return tuple(sorted(values)), None
    order = np.argsort(numbers)
    return tuple(values[at] for at in order), as_numbers(labels.drop_null())


def _texts(cells: Cells, place: int) -> pa.Array[Any]:
    """Return a column as class names; null where the cell has no value."""
    numbers = pa.array(cells.numbers[:, place], mask=~cells.is_number()[:, place])
    names = class_names(numbers)
    return names if place not in cells.texts else pc.coalesce(cells.texts[place], names)
