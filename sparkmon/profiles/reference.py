"""A training table to the reference that live windows are compared with."""

from collections.abc import Mapping, Sequence
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame, functions as F

from sparkmon.distributions import Categories, summary_of
from sparkmon.errors import OptionError
from sparkmon.profiles.cells import column_kinds, number_of, quoted
from sparkmon.profiles.joint import joint_reference
from sparkmon.profiles.merge import REFERENCE_K
from sparkmon.profiles.outliers import outlier_reference
from sparkmon.profiles.slices import with_values
from sparkmon.profiles.table import profile_table
from sparkmon.records import FeatureKind
from sparkmon.schemas import REFERENCES
from sparkmon.slicing import Slices, parse_slices

_MOST_LEVELS = 0.9
_LEAST_ROWS = 100
_LEAST_PAIRS = 20


def id_columns(references: pa.Table, table: DataFrame) -> list[str]:
    """Return the columns of a table in which nearly each row has a value of its own, or a rare level, as ids have.

    No statistic sees such levels change, and each new number of a row is out of the reference's range: they are better
    left out. ``references`` are those of the table.

    Numbers are ids if they are whole and do not come again, although random ones would. Of n rows drawn from any
    distribution over r whole numbers, n^2 / 2r pairs are expected to be equal, or more (the birthday problem): where
    that is 20, hardly a pair is only by design. The table is read again for columns of as many numbers as rows alone.
    """
    is_whole = pc.field("block_start").is_null() & pc.field("slice_key").is_null()
    rows = references.filter(is_whole).sort_by("column_index")
    ids: list[str] = []
    pairs: dict[str, float] = {}
    for row in rows.to_pylist():
        profile = row["profile"]
        if row["data_type"] in ("categorical", "code"):
            levels = summary_of(profile, "categorical")
            assert isinstance(levels, Categories)
            is_own = len(levels.counts) > _MOST_LEVELS * levels.n and levels.n >= _LEAST_ROWS
            ids += [row["column_name"]] * (levels.is_rare or is_own)
        elif row["data_type"] == "numeric" and profile["num_numbers"]:
            size, width = profile["num_numbers"], profile["max"] - profile["min"] + 1
            if size <= width <= size**2 / (2 * _LEAST_PAIRS):
                pairs[row["column_name"]] = size**2 / (2 * width)
    if pairs:
        [counts] = table.agg(*(_repeated(number_of(table, name)) for name in pairs)).collect()
        ids += [
            name for name, count in zip(pairs, counts, strict=True) if count is not None and 10 * count < pairs[name]
        ]
    return [name for name in rows["column_name"].to_pylist() if name in ids]


def _repeated(numbers: Column) -> Column:
    """Count the rows whose number another row has; null if not all are whole."""
    is_whole = F.count_if(numbers % 1 != 0) == 0
    return F.when(is_whole, F.count(numbers) - F.count_distinct(numbers))


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
    block: str = "1 hour",
    slices: Sequence[str] = (),
    joint: bool = False,
    outliers: Sequence[str] = (),
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
    kinds : mapping of str to {"numeric", "categorical", "code", "boolean", "time"}, optional
        Kinds that differ from the columns' types. Numbers that are ``categorical`` become ``code``. ``time`` is of
        numbers of seconds, milliseconds or microseconds since 1970, too. Live values are read as what they are here: a
        code 3 may come as 3.0 or as the text 3.00, a time as a text.
    time : str, optional
        The column with each row's time. With it, every block of the table gets a profile of its own; it is not
        itself a feature.
    block : str, default "1 hour"
        Length of a block: that of the live windows, which a monitor's windows have by default, too, or one of which
        they are a multiple. A monitor does not use other blocks.
    slices : sequence of str
        What to slice live traffic by, in addition to the whole: features, or expressions over features such as
        ``"distance > 1000"``; at most 20. The 50 commonest values of each stand alone, and all others together as
        ``:other``, here as in live traffic. A row whose value is null is in no slice.
    joint : bool, default False
        Whether to keep a projection of the numeric features together, for ``mmd_rff`` and ``pca_reconstruction``. These
        find a changed relation of columns, even if no column changes by itself. It reads the table at once, and each
        request costs more to profile.
    outliers : sequence of str
        Detectors of rows to fit, such as ``sparkmon.detectors.DEFAULT_DETECTORS``; a monitor then looks for outliers
        among the requests. It reads the table at once.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.REFERENCES``: one row per column, and one per column and block, of the whole and of each
        slice; sort by ``column_index`` for the table's order, in which ``:joint`` comes last.

    Raises
    ------
    OptionError
        A named column is not in the table, nothing is left to summarise, or a slice is not allowed; or
        ``joint`` is set and fewer than two numeric features vary.

    Notes
    -----
    With ``slices`` a job runs that finds their values. Their sketches have the accuracy of live windows
    (``k`` = 800), which keeps references small.

    Examples
    --------
    >>> table = spark.sql("SELECT id / 10 AS temp, 'EWR' AS origin, 1 AS label FROM range(100)")
    >>> made = reference_of(table, "flights", exclude=["label"]).orderBy("column_index")
    >>> [tuple(row) for row in made.select("column_name", "data_type", "profile.count").collect()]
    [('temp', 'numeric', 100), ('origin', 'categorical', 100)]

    ``store.write_reference(made.toArrow())`` keeps it.
    """
    for name in (*predictions, *(kinds or {}), *([] if time is None else [time])):
        if name not in table.columns:
            raise OptionError(
                f"got the column {name!r}, which the table does not have; its columns are {', '.join(table.columns)}"
            )
    left_out = [*exclude, *([] if time is None or time in exclude else [time])]
    chosen = column_kinds(table, left_out)
    for name, kind in (kinds or {}).items():
        if name not in left_out:
            is_code = kind == "categorical" and chosen.get(name) == "numeric"
            chosen[name] = "code" if is_code else kind
    features = {name: kind for name, kind in chosen.items() if name not in predictions}
    read = parse_slices(slices, features)
    cut = with_values(read, table) if read else ()
    summarise = partial(
        profile_table,
        kinds=chosen,
        model=model,
        model_version=model_version,
        predictions=predictions,
        slices=Slices({(model, model_version): cut}),
    )
    profiles = summarise(table, slices=None, k=REFERENCE_K)
    if cut:
        profiles = profiles.unionByName(summarise(table).where(F.col("slice_key").isNotNull()))
    if time is not None:
        timed = table.where(F.col(quoted(time)).isNotNull())
        profiles = profiles.unionByName(summarise(timed, time=time, window=block))
    if joint:
        of_rows = joint_reference(table, features, model, model_version, time, block)
        profiles = profiles.unionByName(of_rows, allowMissingColumns=True)
    else:
        profiles = profiles.withColumn("projection", F.lit(None).cast("binary"))
    if outliers:
        sliced = Slices({(model, model_version): cut})
        flags = outlier_reference(table, features, outliers, model, model_version, time, block, sliced)
        profiles = profiles.unionByName(flags, allowMissingColumns=True)
    else:
        profiles = profiles.withColumn("detectors", F.lit(None).cast("binary"))
    places = F.create_map(*(F.lit(entry) for index, name in enumerate(chosen) for entry in (name, index)))
    types = F.create_map(*(F.lit(entry) for name, kind in chosen.items() for entry in (name, kind)))
    is_joint, is_flag = F.col("column_kind") == "joint", F.col("column_kind") == "row_flag"
    return profiles.withColumns(
        {
            "reference": F.lit(reference),
            "data_type": F.when(is_joint, "joint").when(is_flag, "row_flag").otherwise(types[F.col("column_name")]),
            "column_index": F.when(is_joint, len(chosen))
            .when(is_flag, len(chosen) + 1)
            .otherwise(places[F.col("column_name")]),
            "block_start": F.col("window_start"),
            "block_end": F.col("window_end"),
            "created_time": F.current_timestamp(),
        }
    ).select(*REFERENCES.names)
