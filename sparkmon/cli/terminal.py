"""How the commands that show tables print: for a person in a terminal, or into a file or pipe."""

import sys
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sparkmon.printable import printable

_WIDTH = 160
"""The width in columns where there is no terminal."""


def output() -> Console:
    """Return the console for results: standard output."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)


def progress() -> Console:
    """Return the console for a spinner: standard error, if that is a terminal."""
    return Console(stderr=True)


def note(sentence: str) -> None:
    """Print a remark on standard error."""
    print(f"sparkmon: {shown(sentence)}", file=sys.stderr)


def shown(text: object, style: str = "") -> Text:
    """Return text without markup and with visible control characters, because names come from outside."""
    return Text(printable(str(text)), style=style, overflow="fold")


def plain_table(heads: Iterable[str], numbers: Collection[str] = ()) -> Table:
    """Return a table without lines, with these heads; columns of numbers stand at the right."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in heads:
        table.add_column(head, justify="right" if head in numbers else "left")
    return table


def print_json(records: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object a line on standard output; times are ISO 8601 with Z."""
    for record in records:
        sys.stdout.write(orjson.dumps(record, option=orjson.OPT_UTC_Z).decode() + "\n")


def number(value: float | None) -> str:
    """Return four significant digits; nothing for None."""
    return "" if value is None else f"{value:.4g}"


def minute(time: datetime | None) -> str:
    """Return a time to the minute; nothing for None."""
    return "" if time is None else f"{time:%Y-%m-%d %H:%M}"


def slice_of(row: Mapping[str, Any]) -> str:
    """Return ``origin = JFK``, the slice of a finding or alert; nothing for all rows."""
    return slice_text(row["slice_key"], row["slice_value"])


def slice_text(key: str | None, value: str | None) -> str:
    """Return ``origin = JFK``; nothing for all rows."""
    return "" if key is None else f"{key} = {value}"
