"""Rows as detectors read them: a matrix of numbers, and named levels as places in the reference's list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.distributions.arrays import FloatArray, IntArray
from sparkmon.errors import ProfileError
from sparkmon.protocol import Cells
from sparkmon.records import Feature, FeatureKind

MOST_COLUMNS = 500
MOST_LEVELS = 200
"""Levels of a column that stand alone; the rarer ones are one level."""
_LEVEL_BYTES = 256
_GREATEST = 1e30
"""Greater numbers are as far out: nothing that is computed of them overflows, also in 32 bits."""
NULL, NAN, INFINITE, TEXT = 1, 2, 3, 4
"""Why a cell of a numeric column has no finite number; 0 where it has one, or where the row lacks the column."""
NO_LEVEL = -1
"""The place of a null; that of a level that the reference does not have is the number of its levels."""


@dataclass(frozen=True)
class Columns:
    """The features that detectors read; dates and times do not enter, because they only ever grow.

    Examples
    --------
    >>> columns = Columns(("temp",), (12.5,), {"origin": ("EWR", "JFK")})
    >>> columns.names
    ('temp', 'origin')
    """

    numbers: tuple[str, ...]
    medians: tuple[float, ...]
    """Of each numeric column: what stands for a number that is missing."""
    levels: Mapping[str, tuple[str, ...]]
    """By named column, the levels of the reference, the commonest first; rare ones are one level."""
    booleans: frozenset[str] = frozenset()
    """The named columns of truth values."""

    def __post_init__(self) -> None:
        names = self.names
        if (
            not 1 <= len(names) <= MOST_COLUMNS
            or len(set(names)) < len(names)
            or len(self.medians) != len(self.numbers)
        ):
            raise ProfileError(
                f"got {len(names)} columns for detectors; expected 1 to {MOST_COLUMNS} of different names"
            )
        if max(map(len, self.levels.values()), default=0) > MOST_LEVELS or not np.isfinite(self.medians).all():
            raise ProfileError(f"got columns that are none; expected at most {MOST_LEVELS} levels, and finite medians")

    @classmethod
    def of(cls, features: Sequence[Feature], cells: Cells) -> Columns:
        """Choose among features those that some training rows have, and learn their medians and levels."""
        medians: dict[str, float] = {}
        levels: dict[str, tuple[str, ...]] = {}
        for feature in features:
            if feature.name not in cells.names or feature.kind == "time":
                continue
            place = cells.names.index(feature.name)
            if feature.kind == "numeric":
                column = cells.numbers[:, place]
                column = column[np.isfinite(column)]
                if column.size:
                    medians[feature.name] = float(np.median(column))
            elif place in cells.texts:
                texts: Any = cells.texts[place]
                counts = texts.value_counts().to_pylist()
                common = sorted((-each["counts"], each["values"]) for each in counts if each["values"] is not None)
                short = [level for _, level in common if len(level.encode()) <= _LEVEL_BYTES]
                levels[feature.name] = tuple(short[:MOST_LEVELS])
        booleans = {feature.name for feature in features if feature.kind == "boolean"}
        return cls(tuple(medians), tuple(medians.values()), levels, frozenset(booleans & levels.keys()))

    @property
    def names(self) -> tuple[str, ...]:
        """All columns: the numeric ones, then the named ones."""
        return (*self.numbers, *self.levels)

    @property
    def kinds(self) -> dict[str, FeatureKind]:
        """The kind of each column, as a table is read by."""
        kinds: dict[str, FeatureKind] = dict.fromkeys(self.numbers, "numeric")
        return kinds | {name: "boolean" if name in self.booleans else "categorical" for name in self.levels}

    def typical(self, place: int) -> str:
        """Return the median of a column, or its commonest level, as a text."""
        if place < len(self.numbers):
            return f"{self.medians[place]:.6g}"
        return next(iter(self._levels[place - len(self.numbers)]), "")

    @cached_property
    def _levels(self) -> tuple[tuple[str, ...], ...]:
        return (*self.levels.values(),)

    def to_json(self) -> Mapping[str, Any]:
        """Return them as what JSON has."""
        return {
            "numbers": self.numbers,
            "medians": self.medians,
            "levels": self.levels,
            "booleans": sorted(self.booleans),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Columns:
        """Read what :meth:`to_json` wrote; KeyError, TypeError or ValueError if it is anything else."""
        levels = {str(name): tuple(map(str, each)) for name, each in fields["levels"].items()}
        numbers, medians = map(str, fields["numbers"]), map(float, fields["medians"])
        return cls(tuple(numbers), tuple(medians), levels, frozenset(map(str, fields["booleans"])))

    def read(self, cells: Cells) -> Rows:
        """Return the rows of a block's features."""
        places = {name: place for place, name in enumerate(cells.names)}
        chosen = [places.get(name, -1) for name in self.numbers]
        if chosen == [*range(len(cells.names))]:
            matrix = cells.numbers
        else:
            matrix = np.full((len(cells), len(chosen)), np.nan)
            has = [at for at, place in enumerate(chosen) if place >= 0]
            matrix[:, has] = cells.numbers[:, [chosen[at] for at in has]]
        is_finite = np.isfinite(matrix)
        faults = np.zeros(matrix.shape, np.int8)
        if not is_finite.all():
            self._find_faults(cells, chosen, matrix, faults)
            matrix = np.where(is_finite, matrix, np.array(self.medians))
        matrix = np.clip(matrix, -_GREATEST, _GREATEST)
        codes = np.full((len(cells), len(self.levels)), NO_LEVEL)
        for at, (name, levels) in enumerate(self.levels.items()):
            place = places.get(name, -1)
            if place >= 0:
                codes[:, at] = _codes(cells.texts.get(place), cells, place, levels)
        return Rows(matrix, faults, codes)

    @staticmethod
    def _find_faults(cells: Cells, chosen: Sequence[int], matrix: FloatArray, faults: npt.NDArray[np.int8]) -> None:
        has_number, present = cells.is_number(), cells.is_present()
        for at, place in enumerate(chosen):
            if place < 0:
                continue
            column = matrix[:, at]
            none = np.isnan(column)
            faults[:, at] = np.where(none, np.where(has_number[:, place], NAN, NULL), np.isinf(column) * INFINITE)
            if place in cells.texts:
                faults[np.asarray(pc.is_valid(cells.texts[place])), at] = TEXT
            faults[~present[:, place], at] = 0


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Some rows, laid out by :class:`Columns`."""

    numbers: FloatArray
    """Rows x numeric columns, the median where a row has no finite number."""
    faults: npt.NDArray[np.int8]
    """Rows x numeric columns: why there is no finite number."""
    levels: IntArray
    """Rows x named columns: the place of the level in the list of :class:`Columns`."""

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: IntArray | slice) -> Rows:
        """Return these rows."""
        return Rows(self.numbers[rows], self.faults[rows], self.levels[rows])


def _codes(texts: pa.Array[Any] | None, cells: Cells, place: int, levels: tuple[str, ...]) -> IntArray:
    """Return the place of each row's level; a number where a name is expected is a level that nobody knows."""
    if texts is None:
        is_number = cells.is_number()[:, place] & ~np.isnan(cells.numbers[:, place])
        return np.where(is_number, len(levels), np.int64(NO_LEVEL))
    places: Any = pc.index_in(texts, pa.array(levels, pa.string()))
    codes: IntArray = places.fill_null(len(levels)).to_numpy(zero_copy_only=False).astype(np.int64)
    is_null = np.asarray(pc.is_null(texts))
    if is_null.any():
        is_number = cells.is_number()[:, place] & ~np.isnan(cells.numbers[:, place])
        codes[is_null & ~is_number] = NO_LEVEL
    return codes
