"""``sparkmon report``: a span as one file that can be sent."""

from pathlib import Path
from typing import Annotated

from sparkmon.cli.open_tables import open_tables
from sparkmon.cli.options import TablesPlace, option
from sparkmon.cli.terminal import note
from sparkmon.errors import MissingExtraError, OptionError
from sparkmon.interval import parse_interval
from sparkmon.yaml_file import store_location


def report(
    tables: TablesPlace,
    out: Annotated[Path | None, option("The file to write.  [default: standard output]", show_default=False)] = None,
    model: Annotated[str | None, option("This model alone.")] = None,
    since: Annotated[str, option("How far back windows end, before the last one.")] = "7 days",
    form: Annotated[str, option("html, json or markdown.", "--format")] = "html",
    store: Annotated[
        str | None, option("The feature store with the references.  [default: that of the monitor.yaml]")
    ] = None,
) -> None:
    """Write what changed, since when, how sure, why, what is fine, and what could not be judged.

    The HTML file has all that it needs: it opens offline, and prints.

    Example: sparkmon report monitor.yaml --out report.html
    """
    try:
        from sparkmon.dashboard.report import make_report, render_report
    except ImportError as error:
        raise MissingExtraError.of(str(error.name), "dashboard") from error
    from sparkmon.store import open_store

    span = parse_interval("--since", since)
    place = store or (store_location(tables) if Path(tables).is_file() else None)
    references = None if place is None else open_store(place).read_references()
    with open_tables(tables) as opened:
        text = render_report(make_report(opened, model=model, span=span, references=references), form)
    if out is None:
        print(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OptionError.malformed("--out", str(out), f"a file that can be written ({error.strerror})") from error
    note(f"{out}: {len(text.encode()) / 1e6:.1f} MB")
