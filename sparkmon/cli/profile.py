"""``sparkmon profile``: a training table to the reference that live traffic is compared with."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import typer

from sparkmon.cli.options import NullMarks, Texts, option
from sparkmon.errors import OptionError


def profile(
    model: Annotated[str, option("The InferenceService it is the training data of.", "--as", metavar="MODEL")],
    table: Annotated[
        str | None,
        typer.Argument(
            metavar="TABLE",
            help="The training table: a path of Parquet, Delta, CSV (with a header) or JSON lines, "
            "or a table of the catalog.",
        ),
    ] = None,
    sql: Annotated[str | None, option("A query, instead of TABLE.")] = None,
    model_version: Annotated[str, option("The model version it is for; all versions without.")] = "",
    reference: Annotated[str, option("A name, where a model has several.")] = "training",
    store: Annotated[
        str, option("The feature store: a directory, or mysql://USER@HOST/DATABASE.", envvar="SPARKMON_STORE")
    ] = "store",
    time: Annotated[str | None, option("Column with each row's time: every block then has its own profile.")] = None,
    block: Annotated[str, option("Length of a block: that of the live windows, or a whole part.")] = "1 hour",
    prediction: Annotated[Texts, option("A column that the model puts out; may be repeated.")] = None,
    label: Annotated[
        str | None, option("The column with what came true: also keep how right the model is on these rows.")
    ] = None,
    validation: Annotated[
        str | None,
        option("A table of rows that the model was not fitted to, for --label; TABLE without.", metavar="TABLE"),
    ] = None,
    estimator: Annotated[
        Literal["cbpe", "pape"], option("What estimates the performance of a classifier without labels.")
    ] = "cbpe",
    exclude: Annotated[Texts, option("A column to leave out, such as an id or the label.")] = None,
    categorical: Annotated[Texts, option("A column whose numbers are codes; may be repeated.")] = None,
    null: NullMarks = None,
    slices: Annotated[
        Texts,
        option(
            "Slice traffic by a feature, or by an expression such as 'distance > 1000'; may be repeated.",
            "--slice",
            metavar="EXPR",
        ),
    ] = None,
    joint: Annotated[
        bool,
        option(
            "Also keep a projection of the numeric features together, for mmd_rff and pca_reconstruction.", "--joint"
        ),
    ] = False,
    outliers: Annotated[
        bool,
        typer.Option("--outliers", help="Also fit detectors of rows unlike the training data, for the table outliers."),
    ] = False,
    window_rows: Annotated[
        int | None,
        option("Rows of a live window, for the column 'found from'. By default as many as a block, or 1000.", min=1),
    ] = None,
    as_json: Annotated[bool, option("Print one JSON object per column.", "--json")] = False,
) -> None:
    """Summarise a training table and store it as a model's reference.

    The order of the columns has to be that of the model's inputs where its
    requests do not name them. What was stored under the same model, version
    and name before is replaced.

    Example: sparkmon profile train.parquet --as flights
    --prediction score --exclude label
    """
    # Spark takes a moment to import, and `sparkmon --help` needs none of it.
    import pyarrow.compute as pc

    from sparkmon.cli.open_table import find_format, open_table, parse_time
    from sparkmon.cli.print_reference import columns_of, print_table, too_short
    from sparkmon.cli.spark import open_session
    from sparkmon.cli.terminal import note, output, print_json, progress
    from sparkmon.comparison import promise
    from sparkmon.compat import to_arrow
    from sparkmon.detectors import DEFAULT_DETECTORS
    from sparkmon.interval import parse_interval
    from sparkmon.profiles import id_columns, reference_of, validation_of
    from sparkmon.slicing import slices_of
    from sparkmon.store import open_store

    find_format(table, sql)
    parse_interval("--block", block)
    _check(model, [*(prediction or ()), *(categorical or ())], [*(exclude or ()), label, time], label, validation)
    (reference_store := open_store(store)).check_writable()
    kinds = dict.fromkeys(categorical or (), "categorical")
    common: dict[str, Any] = {"predictions": prediction or (), "kinds": kinds, "time": time, "block": block}
    with open_session() as spark, progress().status("summarising"):
        opened, notes = open_table(spark, table, sql, marks=null or ())
        rows, untimed = parse_time(opened, time)
        left_out = [*(exclude or ()), *([label] if label in rows.columns and label not in (exclude or ()) else [])]
        references = reference_of(
            rows,
            model,
            model_version=model_version,
            reference=reference,
            exclude=left_out,
            **common,
            slices=slices or (),
            joint=joint,
            outliers=DEFAULT_DETECTORS if outliers else (),
        )
        summary = to_arrow(references)
        if not any(pc.struct_field(summary["profile"], "count").to_pylist()):
            raise OptionError("got a table without rows; expected the rows that the model learnt from")
        reference_store.write_reference(summary)
        if label is not None:
            held_out = rows
            if validation is not None:
                held_out, _ = parse_time(open_table(spark, validation, marks=null or ())[0], time)
            more: dict[str, Any] = {"label": label, "exclude": exclude or (), "estimator": estimator}
            reference_store.write_reference(validation_of(held_out, model, slices=slices_of(summary), **more, **common))
        used = {*summary["column_name"].to_pylist(), *left_out, time}
        promised = promise(summary, window_rows=window_rows)
        types = {field.name: field.dataType.simpleString() for field in rows.schema.fields}
        ids = id_columns(summary, rows)
    for sentence in (*notes, *too_short(summary, promised)):
        note(sentence)
    if untimed:
        note(f"{untimed} rows without a time are in no block")
    if others := [f"{name} ({types[name]})" for name in types if name not in used]:
        note(f"left out, for their types cannot be compared: {', '.join(others)}")
    if ids:
        options = " ".join(f"--exclude {shlex.quote(name)}" for name in ids)
        note(f"nearly each row has a value of its own, or a rare level, as ids have; perhaps: {options}")
    if as_json:
        print_json(columns_of(summary, promised))
    else:
        print_table(summary, promised, _place(store), output())


def _check(
    model: str, used: Sequence[str], left_out: Sequence[str | None], label: str | None, validation: str | None
) -> None:
    """Refuse options that do not fit together."""
    if not model:
        raise OptionError.malformed("--as", model, "the name of the InferenceService")
    for name in used:
        if name in left_out:
            raise OptionError(f"got {name!r} as a column to use and as one to leave out; choose one")
    if validation is not None and label is None:
        raise OptionError.missing("--label", "the column with what came true, because there is --validation")


def _place(store: str) -> str:
    """Return the location of a store, without a password."""
    url = urlsplit(store)
    if not url.scheme:
        return str(Path(store).absolute())
    user, at, host = url.netloc.rpartition("@")
    return url._replace(netloc=f"{user.partition(':')[0]}{at}{host}").geturl()
