"""``sparkmon clients``: from a monitor's rows of honest clients to the baseline that all clients are judged by."""

from typing import Annotated

import typer

from sparkmon.cli.options import MonitorFile
from sparkmon.errors import OptionError


def clients(
    config: MonitorFile,
    model: Annotated[str, typer.Option("--as", metavar="MODEL", help="A model that adversaries in the file names.")],
    table: Annotated[str, typer.Option("--training", metavar="TABLE", help="Its training table, as for profile.")],
    prediction: Annotated[
        list[str] | None,
        typer.Option(help="A column with the model's probability of a class, in their order; may be repeated."),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="A column to leave out, such as an id or the label.")
    ] = None,
    categorical: Annotated[
        list[str] | None, typer.Option(help="A column whose numbers are codes; may be repeated.")
    ] = None,
    honest: Annotated[
        list[str] | None, typer.Option(help="A client known to be honest; by default all that the table rows has.")
    ] = None,
) -> None:
    """Learn what the honest clients of a model do, so that a monitor finds those that attack it.

    A monitor keeps the rows of the models that the key adversaries of its file names, and who asked for each. Run it
    while only clients ask that you know, or name these; then run this, and start the monitor again.

    Not seen is who copies a model with real rows, attacks under many names or an own copy of the model, or asks for
    fewer than 100 rows. Where nobody knows who asked, only sweeps are: many rows that differ in one column alone.

    Example: sparkmon clients monitor.yaml --as flights
    --training train.parquet --prediction p0 --prediction p1
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from sparkmon.adversaries import CLIENT_COLUMNS
    from sparkmon.cli.open_table import find_format, open_table
    from sparkmon.cli.open_tables import open_tables
    from sparkmon.cli.spark import open_session
    from sparkmon.cli.terminal import note, output, progress
    from sparkmon.config import read_config
    from sparkmon.profiles import baselines_of, client_baseline

    find_format(table)
    settings = read_config(config)
    with open_tables(str(config), settings) as tables:
        if model not in settings.adversaries:
            raise OptionError(f"got the model {model!r}, which adversaries in {config} does not name; add it first")
        rows = tables.read("rows", CLIENT_COLUMNS, [("model", "=", model)])
    if rows is None or not rows.num_rows:
        raise OptionError(
            f"{settings.tables} has no rows of {model} and its clients; run the monitor for a while first"
        )
    if honest:
        rows = rows.filter(pc.is_in(rows["client"], pa.array(honest)))
    store = settings.store.open()
    with open_session() as spark, progress().status("learning"):
        training, notes = open_table(spark, table)
        baseline = client_baseline(
            training,
            rows,
            model,
            predictions=prediction or (),
            exclude=exclude or (),
            kinds=dict.fromkeys(categorical or (), "categorical"),
        )
        store.write_reference(baseline)
    for sentence in notes:
        note(sentence)
    learned = baselines_of(store, [model])[model]
    count = pc.count_distinct(rows["client"]).as_py()
    parts = [f"{learned.windows} windows of 100 rows of {count} clients"] * (learned.windows > 0)
    parts += ["rows without a client"] * bool(learned.sweeps)
    output().print(f"{model}: {' and '.join(parts)} are the baseline; start the monitor again")
