"""``sparkmon attributions``: what each feature adds to a model's answers; the model itself is asked."""

from datetime import datetime, timezone
from typing import Annotated, Any

from sparkmon.cli.options import MonitorFile, option
from sparkmon.cli.terminal import note, number, output, plain_table, print_json, shown
from sparkmon.errors import OptionError

_MOST_ROWS = 20_000


def attributions(
    config: MonitorFile,
    baseline: Annotated[
        str | None, option("Measure a model on this table of training rows first, and keep it.", metavar="TABLE")
    ] = None,
    model: Annotated[str | None, option("The model of --baseline, if the file has several.")] = None,
    as_json: Annotated[bool, option("Print one JSON object per feature.", "--json")] = False,
) -> None:
    """Explain the newest window of each model: how much each feature adds to its answers, compared with training rows.

    The key attributions of the file says where the predictors are. They are asked for a bounded number of rows, which
    no monitor counts. A running monitor does this by itself; this is for one that is not running, or for a job of its
    own.

    Example: sparkmon attributions monitor.yaml --baseline train.parquet
    """
    from sparkmon.alerts import AlertManager
    from sparkmon.cli.open_tables import open_tables
    from sparkmon.config import read_config
    from sparkmon.monitor import AttributionsWatch

    settings = read_config(config)
    if not settings.attributions:
        raise OptionError(f"got {config}, which has no key attributions; add attributions: {{MODEL: {{url: ...}}}}")
    if baseline is not None:
        _measure(settings, baseline, model)
    alerts = AlertManager(settings.alerting, settings.windows.lengths)
    with open_tables(str(config), settings) as tables, alerts.opened(tables, "attributions") as process:
        watch = AttributionsWatch(
            tables,
            settings.store.open(),
            settings.attributions,
            process=process,
            windows=settings.windows,
            namespaces=settings.namespaces,
        )
        _print(watch.run(datetime.now(timezone.utc)), as_json=as_json)


def _measure(settings: Any, place: str, model: str | None) -> None:  # noqa: ANN401 - a MonitorConfig
    from sparkmon.attributions import AttributionBaseline
    from sparkmon.cli.open_table import open_table
    from sparkmon.cli.spark import open_session
    from sparkmon.profiles import training_rows
    from sparkmon.store import read_references, schemas_of

    names = [*settings.attributions]
    if model is None and len(names) > 1:
        raise OptionError.missing("--model", f"one of {', '.join(names)}")
    chosen = names[0] if model is None else model
    if chosen not in settings.attributions:
        raise OptionError.malformed("--model", chosen, f"one of {', '.join(names)}")
    store = settings.store.open()
    schemas = {each.model: each for each in schemas_of(read_references(store, settings.reference))}
    if chosen not in schemas:
        raise OptionError(f"got the model {chosen!r}, which has no reference; make one with: sparkmon profile")
    with open_session(settings.spark) as spark:
        table, notes = open_table(spark, place)
        for each in notes:
            note(each)
        features = schemas[chosen].features
        cells = training_rows(table, features, _MOST_ROWS)
        measured = AttributionBaseline.of_cells(settings.attributions[chosen], chosen, features, cells)
        store.write_reference(measured.reference(chosen))
    note(f"measured {chosen} on {2 * measured.size[0]} training rows")


def _print(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    features = [row for row in rows if row["column_name"]]
    features.sort(key=lambda row: (row["model"], -(row["importance"] or 0.0)))
    if as_json:
        print_json(features)
        return
    if not rows:
        note("no window is due: the newest one was explained, has too few rows, or its model has no baseline")
        return
    if not features:
        note("the model did not answer; the log says why")
        return
    heads = ("importance", "in training", "mean", "mean in training")
    table = plain_table(("model", "window end", "feature", *heads), heads)
    for row in features:
        figures = ("importance", "reference_importance", "mean_attribution", "reference_mean_attribution")
        end = f"{row['window_end']:%Y-%m-%d %H:%M:%S}"
        table.add_row(shown(row["model"]), end, shown(row["column_name"]), *(number(row[name]) for name in figures))
    output().print(table)
