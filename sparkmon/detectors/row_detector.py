"""The contract of a detector of rows, and the registry of all of them."""

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, ClassVar, TypeVar

import numpy as np

from sparkmon.detectors.rows import Columns, Rows
from sparkmon.distributions.arrays import FloatArray
from sparkmon.errors import ProfileError
from sparkmon.registry import Registry

_KINDS = {"f": "<f8", "i": "<i4", "u": "<i4", "b": "<i4"}
_MOST_VALUES = 4_000_000
STATE_FORMAT = 1
"""Of what is stored beside references as JSON."""

T = TypeVar("T")


class RowDetector(ABC):
    """Scores rows by how unlike the training rows they are.

    A detector is a frozen dataclass whose fields are arrays: its state, which is stored beside the reference and sent
    to Spark's workers. Name it, write :meth:`fit` and :meth:`score`, and decorate it with :func:`register_detector`.
    What a score means is nobody's business: it is compared with those of training rows that the detector has not seen.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, eq=False)
    ... class Distance(RowDetector):
    ...     name = "distance"
    ...     phrase = "is far from the mean"
    ...     means: FloatArray
    ...
    ...     @classmethod
    ...     def fit(cls, columns: Columns, training: Rows) -> "Distance":
    ...         return cls(training.numbers.mean(axis=0))
    ...
    ...     def score(self, rows: Rows) -> FloatArray:
    ...         return np.abs(rows.numbers - self.means).sum(axis=1)
    >>> rows = Rows(np.array([[1.0], [3.0]]), np.zeros((2, 1), np.int8), np.empty((2, 0), np.int64))
    >>> Distance.fit(Columns(("x",), (2.0,), {}), rows).score(rows).tolist()
    [1.0, 1.0]
    """

    name: ClassVar[str]
    """Its name in the registry, in the table ``outliers`` and of its file."""
    phrase: ClassVar[str]
    """What is said of a column that makes a row an outlier: ``temp = 21.4`` ..."""
    of_columns: ClassVar[bool] = False
    """Whether each column is scored by itself and the worst counts, so that it can be fitted by profiles alone."""

    @classmethod
    @abstractmethod
    def fit(cls, columns: Columns, training: Rows) -> "RowDetector":
        """Learn from training rows."""

    @abstractmethod
    def score(self, rows: Rows) -> FloatArray:
        """Return a number of each row: the greater, the less alike; finite. Called on Spark's workers."""

    def parts(self, columns: Columns, rows: Rows) -> FloatArray:
        """Return what each column of a few rows adds to the score: rows x columns, 0 or more.

        By default, by how much the score falls if the column had its median, or its commonest level.
        """
        scores, width = self.score(rows), len(columns.numbers)
        falls = np.zeros((len(rows), len(columns.names)))
        for place in range(falls.shape[1]):
            numbers, faults, levels = rows.numbers.copy(), rows.faults.copy(), rows.levels.copy()
            if place < width:
                numbers[:, place], faults[:, place] = columns.medians[place], 0
            else:
                levels[:, place - width] = 0
            falls[:, place] = scores - self.score(Rows(numbers, faults, levels))
        return np.maximum(falls, 0.0)

    def to_json(self) -> dict[str, Any]:
        """Return the state: each field by its name, as numbers with their shape."""
        return {each.name: written(getattr(self, each.name)) for each in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> "RowDetector":
        """Read what :meth:`to_json` wrote, or raise ProfileError."""
        names = [each.name for each in fields(cls)]  # type: ignore[arg-type]
        if {*names} != {*state}:
            raise ProfileError(f"got the state {', '.join(map(str, state)):.100} for {cls.name}; expected {names}")
        return cls(**{name: array_of(state[name]) for name in names})


def read_state(data: bytes, what: str, most_bytes: int, make: Callable[[Mapping[str, Any]], T], remedy: str) -> T:
    """Make something of the JSON that was stored of it; ProfileError if it is too large, of another format, or no such.

    ``make`` is given what the JSON has; KeyError, TypeError and the like say that it is something else.
    """
    if len(data) > most_bytes:
        raise ProfileError(f"got {len(data)} bytes of {what}; expected {most_bytes} at most")
    try:
        state = json.loads(data)
        if state["format"] != STATE_FORMAT:
            raise ProfileError(f"got {what} of the format {state['format']!r:.20}; expected {STATE_FORMAT}")
        return make(state)
    except ProfileError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, RecursionError, AttributeError) as error:
        raise ProfileError(f"got bytes that are not {what} ({error!s:.80}); {remedy}") from error


DETECTORS: Registry[type[RowDetector]] = Registry("detector")

Class = TypeVar("Class", bound=type[RowDetector])


def register_detector(detector: Class) -> Class:
    """Register a detector under its name, as a decorator of its class."""
    DETECTORS.add(detector.name, detector)
    return detector


def written(array: Any) -> list[Any]:  # noqa: ANN401 - an array
    """Return an array as what JSON has: its kind, its shape and its bytes."""
    values = np.ascontiguousarray(array)
    kind = _KINDS[values.dtype.kind]
    return [kind, [*values.shape], base64.b64encode(values.astype(kind).tobytes()).decode()]


def array_of(parts: Any) -> Any:  # noqa: ANN401 - what JSON has
    """Read what :func:`written` wrote; ProfileError, TypeError or ValueError if it is anything else."""
    kind, shape, text = parts
    if kind not in _KINDS.values() or not all(isinstance(size, int) and 0 <= size <= _MOST_VALUES for size in shape):
        raise ProfileError(f"got an array of {kind!r:.10} and the shape {shape!r:.40}; expected numbers")
    array = np.frombuffer(base64.b64decode(text, validate=True), kind).reshape(shape)
    if not np.isfinite(array).all():
        raise ProfileError("got numbers of a detector that are not finite")
    return array.astype(np.float64 if kind == "<f8" else np.int64)
