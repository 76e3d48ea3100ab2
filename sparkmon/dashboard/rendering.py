"""Templates: every value is text unless it was made here; figures travel as data that a script of ours reads."""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sparkmon.plot.style import TEMPLATES
from sparkmon.printable import printable, shortened

_NAME = 80
_TITLES = {":outlier": "outliers", ":clients": "clients", ":events": "dead letters", ":joint": "all features together"}
"""Of columns that no payload has."""


def link(path: str, **query: object) -> str:
    """Return the address of a page; parameters that are None are left out.

    >>> link("/column", model="a&b", column='"c"', window=None)
    '/column?model=a%26b&column=%22c%22'
    """
    parameters = {name: str(value) for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(parameters, errors='surrogatepass')}" if parameters else path


def name(text: object) -> str:
    """Return a text from outside on one line, with visible control characters, cut to 80 characters."""
    return shortened(printable(str(text)), _NAME)


def column(text: str) -> str:
    """Return the name of a column, or what stands for it if no payload has it.

    >>> column("temp"), column(":outlier")
    ('temp', 'outliers')
    """
    return _TITLES.get(text) or name(text)


def number(value: float | None) -> str:
    """Return four significant digits; a hyphen for None."""
    return "-" if value is None else f"{value:,.4g}"


def minute(time: datetime | None) -> str:
    """Return a time in UTC, to the minute, or to the second if it has some."""
    if time is None:
        return "-"
    time = time.astimezone(timezone.utc)
    return f"{time:%Y-%m-%d %H:%M:%S}" if time.second else f"{time:%Y-%m-%d %H:%M}"


def ago(time: datetime | None, now: datetime | None = None) -> str:
    """Return how long ago a time was, such as ``3 h ago``.

    >>> ago(datetime(2026, 1, 1, 9), datetime(2026, 1, 1, 12))
    '3 h ago'
    """
    if time is None:
        return ""
    length = max((now or datetime.now(timezone.utc)) - time, timedelta())
    for unit, size in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        if length >= 2 * size:
            return f"{length / size:.0f} {unit} ago"
    return f"{length.total_seconds():.0f} s ago"


def figure_json(figure: Any) -> Markup:  # noqa: ANN401 - a plotly figure
    """Return a figure as JSON that stands in a page: ASCII, and no character in it ends the element."""
    figure.layout.template = None  # of the page's own theme
    escaped = re.sub(r"[<>&]", lambda match: f"\\u{ord(match[0]):04x}", figure.to_json())
    return Markup(re.sub(r"[^\x00-\x7f]", lambda match: json.dumps(match[0])[1:-1], escaped))


def themes() -> bytes:
    """Return the templates of figures by theme, as JSON."""
    return json.dumps({theme: template.to_plotly_json() for theme, template in TEMPLATES.items()}).encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("sparkmon.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"name": name, "number": number, "minute": minute, "ago": ago, "figure_json": figure_json}
    environment.filters |= {"column": column, "printable": printable}
    environment.globals |= {"link": link, "now": lambda: datetime.now(timezone.utc)}
    return environment


def render(template: str, context: Mapping[str, Any]) -> str:
    """Return a page; a lone surrogate, which a name may have, is shown as such."""
    return _environment().get_template(template).render(context).encode("utf-8", "backslashreplace").decode()
