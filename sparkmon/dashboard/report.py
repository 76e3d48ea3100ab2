"""A report of a span as one file: what changed, since when, how sure, why, what is fine, what could not be judged."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from math import isfinite
from typing import Any

import orjson
import pyarrow as pa
from markupsafe import Markup

from sparkmon.dashboard.rendering import minute, name, number, render, themes
from sparkmon.errors import OptionError
from sparkmon.interval import EPOCH
from sparkmon.plot import heat_figure, histogram_figure, series_figure
from sparkmon.plot.style import text
from sparkmon.printable import printable
from sparkmon.tables import TableWriter
from sparkmon.views import (
    Change,
    IncidentView,
    Source,
    Summary,
    heat_map,
    histogram,
    incidents_of,
    models_of,
    open_source,
    profile_at,
    reference_at,
    series,
    summary_of,
)

FORMATS = ("html", "json", "markdown")
_DRAWN = 8
"""Columns of a model that are plotted."""
_MOST_MODELS = 50


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says, in whichever format."""

    title: str
    time: datetime
    span: timedelta
    summaries: tuple[Summary, ...]
    incidents: tuple[IncidentView, ...]
    figures: dict[str, list[tuple[str, Any]]]
    """By model."""
    part: timedelta | None = None
    """What parts of a table count as that are no windows of time; None if windows have times."""

    def when(self, time: datetime) -> str:
        """Return which window ended then: its time, or which part of the table it is."""
        return minute(time) if self.part is None else f"chunk {(time - EPOCH) // self.part - 1}"

    def html(self) -> str:
        """Return one HTML file that needs nothing else, not even a network."""
        static = files("sparkmon.dashboard") / "static"
        plotly = files("plotly") / "package_data" / "plotly.min.js"
        figures = any(self.figures.values())
        return render(
            "report.html",
            {
                "title": self.title,
                "report": self,
                "css": Markup((static / "dashboard.css").read_text()),
                "script": Markup((static / "dashboard.js").read_text()),
                "plotly": Markup(plotly.read_text()) if figures else None,
                "themes": Markup(themes().decode().replace("<", "\\u003c")),
            },
        )

    def json(self) -> str:
        """Return one JSON object, without the figures; times are ISO 8601."""
        content = {
            "time": self.time,
            "span_seconds": self.span.total_seconds(),
            "models": [asdict(each) for each in self.summaries],
            "incidents": [asdict(each) for each in self.incidents],
        }
        return json.dumps(json.loads(orjson.dumps(content, option=orjson.OPT_UTC_Z)), indent=2)

    def markdown(self) -> str:
        """Return Markdown; names from outside are code spans."""
        lines = [f"# {self.title}", ""]
        for each in self.summaries:
            lines += [f"## {_code(each.model)}", "", f"{each.windows} windows.", ""]
            lines += [_line(change) for change in each.changes] or ["- Nothing changed."]
            lines += [f"- Fine: {', '.join(map(_code, each.fine))}."] if each.fine else []
            lines += [f"- Not judged: {_code(column)} ({printable(reason)})." for column, reason in each.unjudged]
            lines += [""]
        return "\n".join(lines)


def make_report(
    tables: TableWriter,
    *,
    model: str | None = None,
    span: timedelta = timedelta(days=7),
    references: pa.Table | None = None,
) -> Report:
    """Sum up a model, or all of them, over the span before its last window.

    Parameters
    ----------
    tables : TableWriter
        The tables, as ``Tables(location).open()`` returns them.
    model : str, optional
        One model; by default all, the 50 with the most open incidents.
    span : timedelta
        How far back windows end.
    references : pyarrow.Table, optional
        The references of the store: changed columns are plotted against them.

    Raises
    ------
    OptionError
        No window of the model has closed.
    """
    now = datetime.now(timezone.utc)
    incidents = incidents_of(tables, now, model=model).incidents
    states = [each for each in models_of(tables, now, incidents) if model in (None, each.model)]
    if not states:
        what = "no model" if model is None else f"the model {model!r}"
        raise OptionError(f"got tables in which {what} has a closed window; see sparkmon status")
    summaries, figures = [], {}
    for state in states[:_MOST_MODELS]:
        heat = heat_map(tables, state.model, since=state.window_end - span)
        summary = summary_of(tables, heat)
        summaries.append(summary)
        if heat.columns and len(states) <= _DRAWN:
            figures[state.model] = [("Columns by windows", heat_figure(heat))]
            figures[state.model] += _figures(tables, summary, references)
    end = max(each.window_end for each in states)
    title = f"{len(summaries)} model{'s' * (len(summaries) != 1)}, {minute(end - span)} to {minute(end)} UTC"
    return Report(title, end, span, tuple(summaries), incidents, figures)


def report_of_tables(tables: Mapping[str, pa.Table], *, title: str, is_timed: bool) -> Report:
    """Sum up a comparison of two tables.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
        Those of :func:`sparkmon.compare_tables`.
    title : str
        What was compared.
    is_timed : bool
        Whether the parts of the table are windows of time.
    """
    source = open_source(tables)
    first = tables["drift_metrics"].select(["model", "window_start", "window_end"]).slice(0, 1).to_pylist()[0]
    heat = heat_map(source, first["model"])
    summary = summary_of(source, heat, is_timed=is_timed)
    figures = [("Columns by windows", heat_figure(heat))] if is_timed else []
    figures += _figures(source, summary, tables["references"], is_timed=is_timed)
    end, part = heat.window_ends[-1], first["window_end"] - first["window_start"]
    span = end - heat.window_ends[0]
    return Report(title, end, span, (summary,), (), {heat.model: figures}, None if is_timed else part)


def _figures(
    tables: Source, summary: Summary, references: pa.Table | None, *, is_timed: bool = True
) -> list[tuple[str, Any]]:
    figures: list[tuple[str, Any]] = []
    for change in summary.changes[:_DRAWN]:
        values = series(tables, summary.model, change.column_name, since=summary.start)
        if values is not None and is_timed:
            figures.append((f"{values.statistic} over time", series_figure(values)))
        reference = None if references is None else reference_at(references, summary.model, change.column_name)
        current = profile_at(tables, summary.model, change.column_name, change.last_time)
        if reference is not None and current is not None and type(reference) is type(current):
            where = f" in the window that ended at {minute(change.last_time)} UTC" if is_timed else ""
            title = f"{text(change.column_name)}{where}"
            figures.append((title, histogram_figure(histogram(reference, current), title)))
    return figures


def _line(change: Change) -> str:
    since = f"since {minute(change.first_time)}" if change.is_over else f"until {minute(change.last_time)}"
    beyond = change.statistic
    if isfinite(change.excess):  # a missing column is no number of times beyond
        beyond += f" up to {number(change.excess)} times its limit"
    sentences = f"{printable(change.explanation)} {change.advice}"
    return f"- {_code(change.column_name)} {since}, in {change.windows} windows, {beyond}. {_escaped(sentences)}"


def _code(words: str) -> str:
    """Return a code span, which no backtick in it ends."""
    return f"`{name(words).replace('`', chr(39))}`"


def _escaped(words: str) -> str:
    return "".join(f"\\{each}" if each in "\\`*_[]<>#|" else each for each in words)


def render_report(report: Report, form: str) -> str:
    """Return a report in one of the formats; OptionError on another one."""
    if form not in FORMATS:
        raise OptionError.malformed("format", form, ", ".join(FORMATS))
    return {"html": report.html, "json": report.json, "markdown": report.markdown}[form]()
