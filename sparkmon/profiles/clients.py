"""The baseline of a model's clients, kept in the store of references under a name of its own."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timezone

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, functions as F

from sparkmon.adversaries import Baseline, Honest, rows_by_client
from sparkmon.compat import to_arrow
from sparkmon.detectors import Columns
from sparkmon.distributions.schema import CLIENTS, PROFILE, REFERENCES
from sparkmon.errors import OptionError, ProfileError
from sparkmon.profiles.cells import cell_columns, cells_of, column_kinds, one_batch
from sparkmon.records import Feature, FeatureKind
from sparkmon.store import ReferenceStore

_REFERENCE = "clients"
"""The name of the reference that baselines are kept as."""
_MOST_ROWS = 100_000
"""Of a training table, chosen by a hash of their places."""


def client_baseline(
    table: DataFrame,
    rows: pa.Table,
    model: str,
    *,
    predictions: Sequence[str] = (),
    exclude: Sequence[str] = (),
    kinds: Mapping[str, FeatureKind] | None = None,
) -> pa.Table:
    """Learn what the honest clients of a model do.

    Parameters
    ----------
    table : DataFrame
        The training table of the model.
    rows : pyarrow.Table
        ``sparkmon.schemas.ROWS`` of this model, of honest clients alone: the table ``rows`` of a monitor with
        ``adversaries``, before the model was public, or of users whom you know. A window is 100 rows of one client;
        30 of them are needed, and with 200 a false alarm in 300 windows is to be expected at most.
    model : str
        The InferenceService.
    predictions : sequence of str, optional
        The columns with the model's probabilities of each class, in the order of its answers, or that of class 1.
        Without them neither the boundary of the model nor the labels of clients are looked at.
    exclude : sequence of str, optional
        Columns that are no features, such as ids and the label.
    kinds : mapping of str to str, optional
        The kinds of columns whose type does not say it, such as codes that are numbers: ``categorical``.

    Returns
    -------
    pyarrow.Table
        ``sparkmon.schemas.REFERENCES``, for :meth:`sparkmon.ReferenceStore.write_reference`.

    Raises
    ------
    OptionError
        A column is missing, or there are too few rows of honest clients.
    """
    missing = [name for name in (*predictions, *(kinds or {})) if name not in table.columns]
    if missing:
        raise OptionError(f"got the column {missing[0]!r}, which the table does not have; it has {table.columns}")
    chosen = {**column_kinds(table, [*exclude, *predictions]), **(kinds or {})}
    scores: dict[str, FeatureKind] = dict.fromkeys(predictions, "numeric")
    columns = [*cell_columns(table, chosen, "feature"), *cell_columns(table, scores, "prediction")]
    shuffled = table.orderBy(F.xxhash64(F.monotonically_increasing_id()))
    some = to_arrow(shuffled.limit(_MOST_ROWS).select(*columns))
    batch = one_batch(some)
    cells = cells_of(batch, [*chosen], "feature")
    answers = cells_of(batch, [*scores], "prediction").numbers if scores else None
    try:
        reader = Columns.of([Feature(name, kind) for name, kind in chosen.items()], cells)
        if answers is not None and not np.isfinite(answers).all():
            raise OptionError("got rows without predictions; give the table the model's probabilities of each row")
        honest = Honest.of(reader, reader.read(cells), answers)
        baseline = Baseline.fit(honest, rows_by_client(honest, rows))
    except ProfileError as error:
        raise OptionError(f"the clients of {model} have no baseline: {error}") from error
    row = {
        "model": model,
        "model_version": "",
        "reference": _REFERENCE,
        "column_name": CLIENTS,
        "column_kind": "client",
        "data_type": "numeric",
        "column_index": 0,
        "created_time": datetime.now(timezone.utc),
        "profile": dict.fromkeys([field.name for field in PROFILE]) | {"count": baseline.windows},
        "detectors": baseline.to_bytes(),
    }
    return pa.Table.from_pylist([row], schema=REFERENCES)


def baselines_of(store: ReferenceStore, models: Collection[str]) -> dict[str, Baseline]:
    """Read the baselines of the clients of some models; those that have none are left out."""
    if not models:
        return {}
    stored = store.read_references(_REFERENCE)
    stored = stored.filter(pc.equal(stored["column_kind"], pa.scalar("client")))
    rows = stored.select(["model", "detectors"]).to_pylist()
    return {row["model"]: Baseline.from_bytes(row["detectors"]) for row in rows if row["model"] in models}
