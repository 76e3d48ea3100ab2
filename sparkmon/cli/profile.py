"""``sparkmon profile``: a training table to the reference that live traffic is compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer


def profile(
    model: Annotated[
        str,
        typer.Option(
            "--as", metavar="MODEL", help="The InferenceService it is the training data of."
        ),
    ],
    table: Annotated[
        str | None,
        typer.Argument(
            help="The training table: a path of Parquet, Delta, CSV (with a header) or JSON lines, "
            "or a table of the catalog."
        ),
    ] = None,
    sql: Annotated[str | None, typer.Option(help="A query, instead of TABLE.")] = None,
    model_version: Annotated[
        str, typer.Option(help="The model version it is for; all versions without.")
    ] = "",
    reference: Annotated[str, typer.Option(help="A name, where a model has several.")] = "training",
    store: Annotated[
        str,
        typer.Option(
            envvar="SPARKMON_STORE",
            help="The feature store: a directory, or mysql://USER@HOST/DATABASE.",
        ),
    ] = "store",
    time: Annotated[
        str | None,
        typer.Option(help="Column with each row's time: every block then has its own profile."),
    ] = None,
    block: Annotated[
        str, typer.Option(help="Length of a block; best that of the live windows.")
    ] = "1 day",
    prediction: Annotated[
        list[str] | None, typer.Option(help="A column that the model puts out; may be repeated.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="A column to leave out, such as an id or the label.")
    ] = None,
    categorical: Annotated[
        list[str] | None, typer.Option(help="A column whose numbers are codes; may be repeated.")
    ] = None,
    slices: Annotated[
        list[str] | None,
        typer.Option(
            "--slice",
            metavar="EXPR",
            help="Slice traffic by a feature, or by an expression such as 'distance > 1000'; may be repeated.",
        ),
    ] = None,
    joint: Annotated[
        bool,
        typer.Option(
            "--joint",
            help="Also keep a projection of the numeric features together, for mmd_rff and pca_reconstruction.",
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per column.")
    ] = False,
) -> None:
    """Summarise a training table and store it as a model's reference.

    The order of the columns has to be that of the model's inputs where its
    requests do not name them. What was stored under the same model, version
    and name before is replaced.

    Example: sparkmon profile train.parquet --as flights
    --prediction score --exclude label
    """
    # Spark takes a moment to import, and `sparkmon --help` needs none of it.
    from sparkmon.cli.make_reference import make_reference
    from sparkmon.cli.open_table import open_table
    from sparkmon.cli.print_reference import print_json, print_table
    from sparkmon.cli.spark import open_session
    from sparkmon.cli.terminal import note, output, progress
    from sparkmon.interval import parse_interval
    from sparkmon.store import open_store

    parse_interval("--block", block)
    reference_store = open_store(store)
    with open_session() as spark, progress().status("summarising"):
        summary, notes = make_reference(
            open_table(spark, table, sql),
            model,
            model_version=model_version,
            reference=reference,
            predictions=prediction or (),
            exclude=exclude or (),
            kinds=dict.fromkeys(categorical or (), "categorical"),
            time=time,
            block=block,
            slices=slices or (),
            joint=joint,
        )
        reference_store.write_reference(summary)
    for sentence in notes:
        note(sentence)
    if as_json:
        print_json(summary)
    else:
        print_table(summary, _place(store), output())


def _place(store: str) -> str:
    """Return the location of a store, without a password."""
    url = urlsplit(store)
    if not url.scheme:
        return str(Path(store).absolute())
    user, at, host = url.netloc.rpartition("@")
    return url._replace(netloc=f"{user.partition(':')[0]}{at}{host}").geturl()
