"""What a model was like on held-out rows, kept in the store of references under a name of its own."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, functions as F

from sparkmon.compat import to_arrow
from sparkmon.distributions.schema import PROFILE, REFERENCES
from sparkmon.errors import OptionError
from sparkmon.interval import parse_interval
from sparkmon.performance import ClassifierEstimator, Validation, class_names
from sparkmon.profiles.cells import cell_columns, cells_of, column_kinds, one_batch, quoted
from sparkmon.protocol import Cells, RowBlock
from sparkmon.records import Feature, FeatureKind
from sparkmon.slicing import BlockSlices, Slices
from sparkmon.store import ReferenceStore

_REFERENCE = "validation"
"""The name of the reference that validations are kept as."""
_COLUMN = ":validation"
_MOST_ROWS = 200_000
"""Of a table, chosen by a hash of their places."""


def validation_of(
    table: DataFrame,
    model: str,
    *,
    predictions: Sequence[str],
    label: str,
    exclude: Sequence[str] = (),
    kinds: Mapping[str, FeatureKind] | None = None,
    time: str | None = None,
    block: str = "1 hour",
    slices: Slices | None = None,
    estimator: ClassifierEstimator = "cbpe",
) -> pa.Table:
    """Learn what a model is like on rows that it was not fitted to, to compare live performance with.

    Parameters
    ----------
    table : DataFrame
        Held-out rows: the inputs of the model, its answers and what came true. Rows that the model was fitted to look
        better than any live ones will.
    model : str
        The InferenceService.
    predictions : sequence of str
        The columns of the model's answers, as its payloads name them: the predicted class or number; or probabilities,
        of each class in the order of the classes (sorted), or of the second of two; or both.
    label : str
        The column with what came true. Rows where it is null are left out.
    exclude : sequence of str, optional
        Columns that are no inputs, such as ids.
    kinds : mapping of str to str, optional
        The kinds of columns whose types do not say it, as for :func:`sparkmon.reference_of`.
    time : str, optional
        The column with each row's time: 10 blocks or more say by how much performance varies by itself.
    block : str, default "1 hour"
        The length of a block, that of the live windows.
    slices : Slices, optional
        Those of the model's reference, as :func:`sparkmon.slices_of` gives them: they say where a model gets worse.
    estimator : str, default "cbpe"
        What estimates the performance of a classifier without labels: ``cbpe``, or ``pape`` where the model's
        calibration moves with its inputs.

    Returns
    -------
    pyarrow.Table
        ``sparkmon.schemas.REFERENCES``, for :meth:`sparkmon.ReferenceStore.write_reference`.

    Raises
    ------
    OptionError
        A column is missing, there are fewer than 100 rows, or the answers are not those of a classifier or a regression
        model.
    MissingExtraError
        scikit-learn, which fits what estimates performance without labels, is not installed.

    Examples
    --------
    >>> rows = spark.sql("SELECT id % 7 AS x, (id % 7) / 7 AS score, CAST(id % 7 > id % 5 AS INT) AS y FROM range(500)")
    >>> reference = validation_of(rows, "toy", predictions=["score"], label="y")
    >>> reference["profile"][0]["count"].as_py()
    500
    """
    for name in (*predictions, label, *(kinds or {}), *([] if time is None else [time])):
        if name not in table.columns:
            raise OptionError(f"got the column {name!r}, which the table does not have; it has {table.columns}")
    if not predictions:
        raise OptionError.missing("prediction", "the column with the model's answer, because there is a label")
    left_out = [name for name in {*exclude, label, time} if name in table.columns]
    chosen = {**column_kinds(table, left_out), **(kinds or {})}
    answers: dict[str, FeatureKind] = {name: chosen[name] for name in predictions if name in chosen}
    features = {name: kind for name, kind in chosen.items() if name not in answers and name not in left_out}
    columns = [*cell_columns(table, features, "feature"), *cell_columns(table, answers, "prediction")]
    columns.append(F.col(quoted(label)).alias("label"))
    if time is not None:
        columns.append(F.unix_micros(F.col(quoted(time)).cast("timestamp")).alias("time"))
    labelled = table.where(F.col(quoted(label)).isNotNull())
    shuffled = labelled.orderBy(F.xxhash64(F.monotonically_increasing_id()))
    batch = one_batch(to_arrow(shuffled.limit(_MOST_ROWS).select(*columns)))
    cells = cells_of(batch, [*features], "feature")
    validation = Validation.fit(
        [Feature(name, kind) for name, kind in features.items()],
        cells,
        cells_of(batch, [*answers], "prediction"),
        class_names(batch.column("label")),
        label,
        [] if time is None else _blocks(batch.column("time"), block),
        [] if slices is None else BlockSlices(slices).of(_block(model, cells)),
        estimator,
    )
    row = {
        "model": model,
        "model_version": "",
        "reference": _REFERENCE,
        "column_name": _COLUMN,
        "column_kind": "validation",
        "data_type": "numeric",
        "column_index": 0,
        "created_time": datetime.now(timezone.utc),
        "profile": dict.fromkeys([field.name for field in PROFILE]) | {"count": validation.losses.rows},
        "detectors": validation.to_bytes(),
    }
    return pa.Table.from_pylist([row], schema=REFERENCES)


def validations_of(store: ReferenceStore, models: Collection[str]) -> dict[str, Validation]:
    """Read the validations of some models; those that have none are left out.

    A model of a namespace has that of the model, unless there is one of its own.
    """
    if not models:
        return {}
    stored = store.read_references(_REFERENCE)
    stored = stored.filter(pc.equal(stored["column_kind"], pa.scalar("validation")))
    states: dict[str, Any] = {
        row["model"]: row["detectors"] for row in stored.select(["model", "detectors"]).to_pylist()
    }
    names = {model: model if model in states else model.rpartition("/")[2] for model in models}
    return {model: Validation.from_bytes(states[name]) for model, name in names.items() if name in states}


def _block(model: str, cells: Cells) -> RowBlock:
    """Return rows as a block, of which only the features are known."""
    zeros = np.zeros(len(cells), np.int64)
    return RowBlock(model, "", "request", zeros, zeros, zeros.astype(np.int32), features=cells)


def _blocks(times: Any, block: str) -> list[Any]:  # noqa: ANN401 - an Arrow array, and arrays of places
    """Return the places of the rows of each block."""
    length = parse_interval("block", block).total_seconds() * 1e6
    micros = times.to_numpy(zero_copy_only=False)
    at = np.flatnonzero(~np.isnan(micros.astype(float)))
    blocks = np.floor(micros[at].astype(float) / length)
    order = np.argsort(blocks, kind="stable")
    return np.split(at[order], np.flatnonzero(np.diff(blocks[order])) + 1)
