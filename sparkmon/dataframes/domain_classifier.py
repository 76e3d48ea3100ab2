"""A classifier that tries to distinguish live rows from training rows: how well it can, and by which columns."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from pyspark.sql import DataFrame, functions as F

from sparkmon.compat import to_arrow
from sparkmon.errors import MissingExtraError, OptionError
from sparkmon.profiles import column_kinds, number_of, quoted
from sparkmon.protocol import LEVEL_KINDS
from sparkmon.records import FeatureKind

_Objects: TypeAlias = npt.NDArray[np.object_]
_FOLDS = 5
_LEAST_ROWS = 50
_LEVELS = 200
"""How many levels of a column the trees get; the rarer ones become one."""
_FAR = 3.0
_NAMED = 3


@dataclass(frozen=True)
class DomainShift:
    """How well two tables can be distinguished, by ``reference_count`` and ``current_count`` rows of them."""

    auc: float
    """The chance that a current row looks more like one than a reference row does: 0.5 if they are alike, 1 if they
    never are. Of rows that the classifier was not fitted on."""
    std_error: float
    """Of ``auc``, were the tables alike."""
    importances: Mapping[str, float]
    """Per column, by how much ``auc`` falls if its values are shuffled; greatest first."""
    reference_count: int
    current_count: int

    @property
    def z(self) -> float:
        """How many standard errors ``auc`` lies above 0.5."""
        return (self.auc - 0.5) / self.std_error

    def __str__(self) -> str:
        """Return the result as one sentence."""
        sides = f"{self.current_count:,} current rows and {self.reference_count:,} of the reference"
        numbers = f"AUC {self.auc:.3f}, {self.z:.1f} standard errors from 0.5"
        if self.z < _FAR:
            return f"{sides} cannot be distinguished ({numbers})"
        by = [f"{name} ({fall:.3f})" for name, fall in [*self.importances.items()][:_NAMED]]
        return f"{sides} can be distinguished ({numbers}), most of all by {', '.join(by)}"


def domain_classifier(
    reference: DataFrame,
    current: DataFrame,
    *,
    columns: Sequence[str] | None = None,
    kinds: Mapping[str, FeatureKind] | None = None,
    rows: int = 10_000,
    seed: int = 0,
) -> DomainShift:
    """Learn to distinguish the rows of two tables, and report by which columns.

    It is what to call after an alert of the column ``:joint``, which says that the features together have drifted.

    Parameters
    ----------
    reference, current : DataFrame
        One row per instance: training rows, and those of the window; not streaming. The two must have no row in common.
    columns : sequence of str, optional
        What to look at; without, the columns that both have and that are numbers or named levels, but no times.
    kinds : mapping of str to {"numeric", "categorical"}, optional
        For columns that are not what their type in ``reference`` says.
    rows : int, default 10,000
        How many rows of each table are taken at most.
    seed : int, default 0
        Of the sample, the folds and the shuffles.

    Raises
    ------
    OptionError
        A column is missing from a table, or none is left; a table has fewer than 50 rows.
    MissingExtraError
        scikit-learn is not installed.

    Notes
    -----
    Gradient-boosted trees, fitted five times on four fifths of the rows; the other fifth gives the AUC, and the fall of
    it when one column is shuffled. The standard error is sqrt((m + n + 1) / (12 m n)). Columns that carry the same
    news share it, so that each may seem to matter little. Rows that come together are alike: some difference is to be
    expected of any two days.

    References
    ----------
    .. [1] Lopez-Paz, Oquab: Revisiting classifier two-sample tests. ICLR, 2017.
    .. [2] Hanley, McNeil: The meaning and use of the area under a receiver operating characteristic curve. Radiology
       143, 1982.

    Examples
    --------
    >>> x, y = F.randn(1), F.randn(2)
    >>> before = spark.range(2_000).select(x.alias("x"), y.alias("y"), F.randn(3).alias("z"))
    >>> after = spark.range(2_000, 4_000).select(x.alias("x"), (2 * y).alias("y"), F.randn(4).alias("z"))
    >>> found = domain_classifier(before, after)
    >>> [*found.importances][0], found.z > 3
    ('y', True)
    """
    chosen = _chosen(reference, current, columns, kinds or {})
    sides = [_sample(table, chosen, rows, seed) for table in (reference, current)]
    for side, name in zip(sides, ("reference", "current"), strict=True):
        if len(side) < _LEAST_ROWS:
            raise OptionError(f"got {len(side)} {name} rows; expected {_LEAST_ROWS} or more")
    is_level = [kind in LEVEL_KINDS for kind in chosen.values()]
    m, n = map(len, sides)
    auc, falls = _cross_fitted(np.concatenate(sides), np.repeat([0, 1], [m, n]), is_level, seed)
    order = sorted(zip(chosen, falls, strict=True), key=lambda each: (-each[1], each[0]))
    return DomainShift(auc, math.sqrt((m + n + 1) / (12 * m * n)), dict(order), m, n)


def _chosen(
    reference: DataFrame, current: DataFrame, columns: Sequence[str] | None, kinds: Mapping[str, FeatureKind]
) -> dict[str, FeatureKind]:
    for name in (*(columns or ()), *kinds):
        for side, table in (("reference", reference), ("current", current)):
            if name not in table.columns:
                raise OptionError(
                    f"got the column {name!r}, which the {side} table does not have; "
                    f"its columns are {', '.join(table.columns)}"
                )
    all_kinds = column_kinds(reference) | dict(kinds)
    names = columns or [name for name in all_kinds if name in current.columns and all_kinds[name] != "time"]
    chosen = {name: all_kinds[name] for name in names if name in all_kinds}
    if not chosen:
        raise OptionError(
            "got two tables without a common column of numbers or named levels; the reference has "
            f"{', '.join(reference.columns)}, the current one {', '.join(current.columns)}"
        )
    return chosen


def _sample(table: DataFrame, chosen: Mapping[str, FeatureKind], rows: int, seed: int) -> _Objects:
    """Take some rows, by a hash of their places: floats, or texts for levels; what is missing is NaN."""
    cells = [
        (F.col(quoted(name)).cast("string") if kind in LEVEL_KINDS else number_of(table, name)).alias(f"_{at}")
        for at, (name, kind) in enumerate(chosen.items())
    ]
    place = F.xxhash64(F.monotonically_increasing_id(), F.lit(seed)).alias("place")
    some = to_arrow(table.select(place, *cells).orderBy("place").limit(rows))
    sample: _Objects = some.drop_columns("place").to_pandas().to_numpy(object, na_value=np.nan)
    return sample


def _cross_fitted(
    matrix: _Objects, labels: npt.NDArray[np.int64], is_level: Sequence[bool], seed: int
) -> tuple[float, list[float]]:
    """Return the AUC on held-out rows, and its fall for each column that is shuffled in them; means over the folds."""
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.inspection import permutation_importance
        from sklearn.metrics import roc_auc_score
        from sklearn.model_selection import StratifiedKFold
        from sklearn.preprocessing import OrdinalEncoder
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise MissingExtraError.of("scikit-learn", "explain") from error
    if any(is_level):
        coded = OrdinalEncoder(max_categories=_LEVELS + 1).fit_transform(matrix[:, is_level])
        matrix[:, is_level] = coded
    matrix = np.clip(matrix.astype(np.float64), -1e300, 1e300)  # infinities are cut
    aucs, falls = [], []
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(matrix, labels):
        # The trees refuse a column without any value.
        rows = np.where(np.isnan(matrix[train]).all(axis=0), 0.0, matrix)
        trees = HistGradientBoostingClassifier(max_iter=60, categorical_features=[*is_level], random_state=seed)
        # Threads wait for each other at every tree: on a driver that Spark keeps busy, far longer than one works.
        with threadpool_limits(limits=1):
            trees.fit(rows[train], labels[train])
            aucs.append(roc_auc_score(labels[test], trees.predict_proba(rows[test])[:, 1]))
            shuffled = permutation_importance(
                *(trees, rows[test], labels[test]), scoring="roc_auc", n_repeats=1, random_state=seed
            )
        falls.append(shuffled.importances_mean)
    return float(np.mean(aucs)), [float(each) for each in np.mean(falls, axis=0)]
