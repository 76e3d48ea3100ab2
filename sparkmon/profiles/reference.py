"""A training table to the reference that live windows are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkmon.errors import OptionError
from sparkmon.profiles.aggregate import REFERENCE_K, WINDOW_K
from sparkmon.profiles.joint_reference import joint_reference
from sparkmon.profiles.table import column_kinds, profile_table, quoted
from sparkmon.records import FeatureKind
from sparkmon.schemas import REFERENCES

__all__ = ["reference_of"]


def reference_of(
    table: DataFrame,
    model: str,
    *,
    model_version: str = "",
    reference: str = "training",
    predictions: Sequence[str] = (),
    exclude: Sequence[str] = (),
    kinds: Mapping[str, FeatureKind] | None = None,
    time: str | None = None,
    block: str = "1 day",
    joint: bool = False,
) -> DataFrame:
    """Summarise a training table as a reference.

    Parameters
    ----------
    table : DataFrame
        One row per training instance; its columns in the order of the model's payloads.
    model : str
        The InferenceService that serves the model.
    model_version : str
        The version this reference is for; all versions without.
    reference : str, default "training"
        A name, where a model has several references.
    predictions : sequence of str
        Columns that are the model's outputs, not its inputs.
    exclude : sequence of str
        Columns to leave out, such as row ids and labels.
    kinds : mapping of str to {"numeric", "categorical"}, optional
        For columns that are not what their type says, such as an integer code.
    time : str, optional
        The column with each row's time. With it, every block of the table gets a profile of its own; it is not
        itself a feature.
    block : str, default "1 day"
        Length of a block; best that of the live windows.
    joint : bool, default False
        Whether to keep what the numeric features are like together, too: for ``mmd_rff`` and ``pca_reconstruction``,
        which see that columns have parted company although each is as it was. It reads the table at once, and makes
        every request dearer to profile.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.REFERENCES``: one row per column, and one per column and block. With ``joint`` the column
        ``:joint`` comes last.

    Raises
    ------
    OptionError
        A named column is not in the table, or nothing is left to summarise; ``joint`` is asked for and there are fewer
        than two numeric features that vary.

    Examples
    --------
    >>> table = spark.sql("SELECT id / 10 AS temp, 'EWR' AS origin, 1 AS label FROM range(100)")
    >>> made = reference_of(table, "flights", exclude=["label"])
    >>> [tuple(row) for row in made.select("column_name", "data_type", "profile.count").collect()]
    [('temp', 'numeric', 100), ('origin', 'categorical', 100)]

    ``store.write_reference(made.toArrow())`` keeps it.
    """
    for name in (*predictions, *(kinds or {}), *([] if time is None else [time])):
        if name not in table.columns:
            raise OptionError(
                f"got the column {name!r}, which the table does not have; "
                f"its columns are {', '.join(table.columns)}"
            )
    left_out = [*exclude, *([] if time is None or time in exclude else [time])]
    chosen = column_kinds(table, left_out)
    chosen |= {name: kind for name, kind in (kinds or {}).items() if name not in left_out}
    whole = profile_table(
        table,
        chosen,
        model=model,
        model_version=model_version,
        predictions=predictions,
        k=REFERENCE_K,
    )
    profiles = whole.withColumn("projection", F.lit(None).cast("binary"))
    if time is not None:
        in_blocks = profile_table(
            table.where(F.col(quoted(time)).isNotNull()),
            chosen,
            model=model,
            model_version=model_version,
            predictions=predictions,
            time=time,
            window=block,
            k=WINDOW_K,
        )
        profiles = profiles.unionByName(in_blocks, allowMissingColumns=True)
    if joint:
        features = {name: kind for name, kind in chosen.items() if name not in predictions}
        of_rows = joint_reference(table, features, model, model_version, time, block)
        profiles = profiles.unionByName(of_rows, allowMissingColumns=True)
    places = F.create_map(
        *(F.lit(entry) for index, name in enumerate(chosen) for entry in (name, index))
    )
    types = F.create_map(*(F.lit(entry) for name, kind in chosen.items() for entry in (name, kind)))
    is_joint = F.col("column_kind") == "joint"
    return profiles.withColumns(
        {
            "reference": F.lit(reference),
            "data_type": F.when(is_joint, "joint").otherwise(types[F.col("column_name")]),
            "column_index": F.when(is_joint, len(chosen)).otherwise(places[F.col("column_name")]),
            "block_start": F.col("window_start"),
            "block_end": F.col("window_end"),
            "created_time": F.current_timestamp(),
        }
    ).select(*REFERENCES.names)
