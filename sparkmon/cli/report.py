"""``sparkmon report``: a span as one file that can be sent."""

from pathlib import Path
from typing import Annotated, Any

from sparkmon.cli.open_tables import open_tables
from sparkmon.cli.options import ReferenceName, StorePlace, TablesPlace, option
from sparkmon.cli.terminal import note, progress
from sparkmon.errors import MissingExtraError, OptionError
from sparkmon.interval import parse_interval


def report(
    tables: TablesPlace,
    out: Annotated[Path | None, option("The file to write.  [default: standard output]", show_default=False)] = None,
    model: Annotated[str | None, option("This model alone.")] = None,
    since: Annotated[str, option("How far back windows end, before the last one.")] = "7 days",
    form: Annotated[str, option("html, json or markdown.", "--format")] = "html",
    store: StorePlace = None,
    reference: ReferenceName = None,
) -> None:
    """Write what changed, since when, how sure, why, what is fine, and what could not be judged.

    The HTML file has all that it needs: it opens offline, and prints.

    Example: sparkmon report monitor.yaml --out report.html
    """
    module = report_writer(out)
    from sparkmon.cli.open_references import open_references, references_place

    span = parse_interval("--since", since)
    place, name = references_place(tables, store, reference)
    references = None if place is None else open_references(place, name)
    with open_tables(tables) as opened, progress().status("reading"):
        content = module.make_report(opened, model=model, span=span, references=references)
        text = module.render_report(content, form)
    if out is None:
        print(text)
    else:
        write(out, text)


def report_writer(file: Path | None) -> Any:  # noqa: ANN401 - a module
    """Return the module that makes reports; MissingExtraError, or OptionError if the file's directory is not there."""
    if file is not None and not file.absolute().parent.is_dir():
        raise OptionError.malformed("--out", str(file), "a file in a directory that exists")
    try:
        from sparkmon.dashboard import report as module
    except ImportError as error:
        raise MissingExtraError.of(str(error.name), "dashboard") from error
    return module


def write(file: Path, text: str) -> None:
    """Write a report; OptionError if the file cannot be written."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OptionError.malformed("--out", str(file), f"a file that can be written ({error.strerror})") from error
    note(f"{file}: {len(text.encode()) / 1e6:.1f} MB")
