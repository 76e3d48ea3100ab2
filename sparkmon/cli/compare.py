"""``sparkmon compare``: the options and output of :func:`sparkmon.compare_tables`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from sparkmon.cli.options import NullMarks, Texts, option
from sparkmon.errors import OptionError
from sparkmon.interval import parse_interval

_WINDOW = "1 day"


def compare(
    reference: Annotated[
        str,
        option(
            "The table to compare with, such as the training data: a path of Parquet, Delta, "
            "CSV or JSON lines, or a table of the catalog."
        ),
    ],
    current: Annotated[str, option("The table to compare, in the same forms.")],
    time: Annotated[str | None, option("Column of --current, best of both tables, with each row's time.")] = None,
    window: Annotated[
        str | None, option(f"Cut --current into event-time windows; {_WINDOW} if only --time is given.")
    ] = None,
    chunk: Annotated[
        int | None, option("Cut --current into chunks of this many rows, in the file's order.", min=1)
    ] = None,
    block: Annotated[
        str | None,
        option(
            "Cut --reference by --time into blocks of this length, which show what time alone does; "
            "that of --window without, if it has the column."
        ),
    ] = None,
    statistics: Annotated[
        Texts, option("Statistics, separated by commas or repeated; by default those of drift and data quality.")
    ] = None,
    threshold: Annotated[
        Texts, option("A statistic's threshold instead of its default; may be repeated.", metavar="NAME=NUMBER")
    ] = None,
    exclude: Annotated[Texts, option("A column not to compare; may be repeated.")] = None,
    null: NullMarks = None,
    slices: Annotated[
        Texts,
        option(
            "Compare the rows of each value of a column, or of an expression such as "
            "'distance > 1000', as well; may be repeated.",
            "--slice",
            metavar="EXPR",
        ),
    ] = None,
    report: Annotated[
        Path | None, option("Write what changed, with plots, as one HTML file, too.", show_default=False)
    ] = None,
    as_json: Annotated[bool, option("Print one JSON object per finding.", "--json")] = False,
    fail_on_drift: Annotated[
        bool,
        option(
            "Exit with status 1 if a column drifted, is missing or is not in the reference; of windows or chunks "
            "one is not enough unless it is gross.",
            "--fail-on-drift",
        ),
    ] = False,
) -> None:
    """Compare two tables column by column and report which columns drifted.

    Columns are read as what they are in the reference. With neither --time
    nor --chunk the tables are compared as wholes. A column has drifted if a
    statistic exceeds its threshold, and what the reference's own blocks reach,
    by more than sampling noise explains: as in a monitor. A window is confirmed
    by another one of three, or if it is far over.

    Example: sparkmon compare --reference train.parquet
    --current today.csv --exclude id --threshold psi=0.1

    Example: sparkmon compare --reference january.parquet
    --current july.parquet --time flown --window "1 day"
    """
    if chunk is not None and window is not None:
        raise OptionError("got --chunk and --window; expected one of them")
    _require_time(time, {"--window": window, "--block": block})
    # Spark takes a moment to import, and `sparkmon --help` needs none of it.
    from sparkmon.cli.open_table import find_format, open_table, parse_times
    from sparkmon.cli.print_findings import print_table, too_short
    from sparkmon.cli.report import report_writer, write
    from sparkmon.cli.spark import open_session
    from sparkmon.cli.terminal import note, output, print_json, progress
    from sparkmon.comparison import Checks
    from sparkmon.dataframes import compare_tables

    writer = None if report is None else report_writer(report)
    checks = Checks(_names(statistics) or Checks().statistics, _thresholds(threshold))
    for table in (reference, current):
        find_format(table)
    with open_session() as spark, progress().status("comparing"):
        before, notes = open_table(spark, reference, marks=null or ())
        after, _ = open_table(spark, current, like=before, marks=null or ())
        by_time = window
        if time in after.columns and chunk is None and block is None:
            by_time = window or _WINDOW
        before, after, remarks = parse_times(before, after, time, by_time)
        comparison = compare_tables(
            before,
            after,
            checks,
            time=time,
            window=by_time,
            chunk=chunk,
            block=block,
            exclude=exclude or (),
            slices=slices or (),
        )
    if not any(row["reference_count"] for row in comparison.findings):
        raise OptionError(f"got a reference without rows, {reference}; expected the training data")
    for sentence in (*notes, *remarks, *comparison.left_out, *too_short(comparison)):
        note(sentence)
    if as_json:
        print_json(comparison.findings)
    else:
        print_table(comparison, output())
    if report is not None and writer is not None:
        summary = writer.report_of_tables(
            comparison.tables, title=f"{current} against {reference}", is_timed=by_time is not None
        )
        write(report, summary.html())
    if fail_on_drift and comparison.alerting:
        raise typer.Exit(1)


def _require_time(time: str | None, lengths: Mapping[str, str | None]) -> None:
    for name, length in lengths.items():
        if length is not None:
            if time is None:
                raise OptionError.missing("--time", f"the column that {name} is measured on")
            parse_interval(name, length)


def _names(options: list[str] | None) -> tuple[str, ...]:
    named = (name.strip() for entry in options or () for name in entry.split(","))
    return tuple(dict.fromkeys(name for name in named if name))


def _thresholds(options: list[str] | None) -> dict[str, float]:
    thresholds = {}
    for entry in options or ():
        name, _, number = entry.partition("=")
        try:
            thresholds[name.strip()] = float(number)
        except ValueError:
            raise OptionError.malformed("--threshold", entry, "NAME=NUMBER, such as psi=0.1") from None
    return thresholds
