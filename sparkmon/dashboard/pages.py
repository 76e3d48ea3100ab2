"""What each page shows, from the parameters of its address."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from fastapi import HTTPException

from sparkmon.comparison import OVER, Finding
from sparkmon.dashboard.reading import SPANS, Reading
from sparkmon.distributions import Categories, Distribution, Joint
from sparkmon.errors import OptionError, ProfileError
from sparkmon.plot import (
    attacks,
    attributions,
    heat_figure,
    histogram_figure,
    outliers,
    performance,
    series_figure,
    traffic,
)
from sparkmon.plot.style import text
from sparkmon.views import (
    Cell,
    HeatMap,
    Performance,
    attacks_of,
    attributions_of,
    causes_of,
    dead_letters_of,
    findings_of,
    heat_map,
    histogram,
    incidents_of,
    outliers_of,
    performance_of,
    profile_at,
    reference_at,
    rows_of_window,
    series,
)

_INCIDENTS, _MODELS, _FINDINGS, _LETTERS, _ROWS = 50, 100, 300, 50, 50
_BEYOND = (*OVER, "provisional")
_FIGURES: Mapping[str, Callable[..., Any]] = {
    "Performance": performance,
    "Attributions": attributions,
    "Clients that attack": attacks,
    "Outliers": outliers,
    "Traffic": traffic,
}
"""Plots of a model's page, by their names; one without data is left out."""
_Query = Mapping[str, str]
_OF_COLUMN = ("model", "column", "span", "statistic", "slice_key", "slice_value")


class Pages:
    """Makes the pages."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def routes(self) -> Iterator[tuple[str, str, Callable[[_Query], dict[str, Any]]]]:
        """Yield path, template and function of each page."""
        for name in ("model", "column", "window", "incident"):
            yield f"/{name}", f"{name}.html", getattr(self, name)
        yield "/", "overview.html", self.overview
        yield "/dead_letters", "dead_letters.html", self.dead_letters

    def overview(self, query: _Query) -> dict[str, Any]:
        """Show open incidents, models, silences, and what was not delivered."""
        current, pattern = self._reading.overview(), query.get("q", "").strip()
        models = [each for each in current.models if pattern.lower() in each.model.lower()]
        first = max(_whole(query, "from", 0), 0)
        named = [each for each in current.incidents if pattern.lower() in each.model.lower()]
        return {
            "title": "Overview",
            "overview": current,
            "incidents": named[:_INCIDENTS],
            "more_incidents": max(len(named) - _INCIDENTS, 0),
            "models": models[first : first + _MODELS],
            "all_models": len(models),
            "first": first,
            "next": first + _MODELS if first + _MODELS < len(models) else None,
            "q": pattern,
        }

    def model(self, query: _Query) -> dict[str, Any]:
        """Show a model: its columns by windows, incidents, traffic, outliers and attacks."""
        model, span = _text(query, "model"), _span(query)
        windows = self._reading.windows(model, span)
        overview = self._reading.overview()
        state = next((each for each in overview.models if each.model == model), None)
        incidents = [each for each in overview.incidents if each.model == model]
        if state is None and not incidents:
            raise HTTPException(404, f"No window of the model {text(model)} has closed, and it has no incident.")
        since = windows[0].window_end if windows else None
        heat = self._heat(model, since)
        tables = self._reading.tables
        names = ("drift_metrics", "closed_windows", "performance", "attributions", "outliers")

        def draw() -> list[tuple[str, Any]]:
            columns = [name for name, _ in heat.columns]
            heat_map = _linked(heat_figure(heat), "/column", {"model": model, "span": span}, columns)
            figures = [("Columns by windows", heat_map)]
            for name, make in _FIGURES.items():
                drawn = make(tables, model, since=since)
                figures += [(name, _linked(drawn, "/window", {"model": model}))] if drawn.data else []
            return figures

        measured = performance_of(tables, model, since=since)
        clients = [each for each in attacks_of(tables, model, since=since) if each.status in _BEYOND]
        return {
            "title": model,
            "model": model,
            "state": state,
            "measured": measured,
            "rows_measured": [] if measured is None else [*zip(*_measured(measured), strict=True)][:-21:-1],
            "attributions": attributions_of(tables, model, since=since),
            "clients": clients[:-21:-1],
            "incidents": incidents,
            "columns": _columns(heat),
            "figures": self._reading.cached(("figures", model, span, since), names, draw),
            "windows": [*reversed(windows)][:20],
            "span": span,
            "spans": SPANS,
        }

    def column(self, query: _Query) -> dict[str, Any]:
        """Show a column: a statistic over time, and reference against current in one window."""
        model, column, span = _text(query, "model"), _text(query, "column"), _span(query)
        key, value = query.get("slice_key"), query.get("slice_value")
        slice = None if key is None or value is None else (key, value)
        windows = self._reading.windows(model, span)
        if not windows:
            raise HTTPException(404, f"No window of the model {text(model)} has closed.")
        end = _time(query, "window") or windows[-1].window_end
        since = min(windows[0].window_end, end)
        values = series(self._reading.tables, model, column, statistic=query.get("statistic"), slice=slice, since=since)
        findings = findings_of(self._reading.tables, model, column=column, window_end=end)
        here = {name: query[name] for name in _OF_COLUMN if name in query}
        over_time = [] if values is None else [(f"{values.statistic} over time", series_figure(values))]
        figures = [(name, _linked(drawn, "/column", here)) for name, drawn in over_time]
        if slice is None or values is not None:
            figures += self._distribution(model, column, end, windows[0].window_end, slice)
        of_slice = [each for each in findings if (each.slice_key, each.slice_value) == (slice or (None, None))]
        ends = [each.window_end for each in windows]
        place = ends.index(end) if end in ends else None
        return {
            "title": f"{column} of {model}",
            "model": model,
            "column": column,
            "slice": slice,
            "window": end,
            "before": ends[place - 1] if place else None,
            "after": ends[place + 1] if place is not None and place + 1 < len(ends) else None,
            "findings": of_slice,
            "slices": _slices(findings),
            "statistic": None if values is None else values.statistic,
            "figures": figures,
            "span": span,
            "spans": SPANS,
        }

    def window(self, query: _Query) -> dict[str, Any]:
        """Show the findings of a window, those beyond their limits first, and its most severe rows."""
        model, end = _text(query, "model"), _time(query, "window")
        if end is None:
            raise OptionError.missing("window", "the end of a window, such as 2026-01-31T12:00:00Z")
        findings = findings_of(self._reading.tables, model, window_end=end)
        if not findings:
            raise HTTPException(404, f"There is no finding on a window of {text(model)} that ended at {end:%F %T} UTC.")
        start = findings[0].window_start or end
        return {
            "title": f"{model} at {end:%F %T} UTC",
            "model": model,
            "window": end,
            "start": start,
            "rows": rows_of_window(
                self._reading.tables, model, start, end, count=_ROWS, event_id=query.get("event") or None
            ),
            "event": query.get("event"),
            "findings": findings[:_FINDINGS],
            "more": max(len(findings) - _FINDINGS, 0),
            "beyond": sum(each.status in _BEYOND for each in findings),
            "causes": [each for each in causes_of(self._reading.tables, model, end, slice=(None, None)) if each.words],
            "outliers": outliers_of(self._reading.tables, model, window_end=end, count=50),
        }

    def incident(self, query: _Query) -> dict[str, Any]:
        """Show one incident, open or not."""
        identity = _text(query, "id")
        now = datetime.now(timezone.utc)
        names = ("alerts", "alert_actions")
        incidents = self._reading.cached(
            "incidents", names, lambda: incidents_of(self._reading.tables, now, include_resolved=True).incidents
        )
        chosen = next((each for each in incidents if each.incident_id == identity), None)
        if chosen is None:
            raise HTTPException(404, f"There is no incident {text(identity)}; its rows may have expired.")
        return {"title": f"{chosen.column_name} of {chosen.model}", "incident": chosen}

    def dead_letters(self, query: _Query) -> dict[str, Any]:
        """Show the last events that could not be decoded."""
        model = query.get("model") or None
        events = dead_letters_of(self._reading.tables, model, count=_LETTERS)
        return {"title": "Dead letters", "model": model, "events": events, "most": _LETTERS}

    def _heat(self, model: str, since: datetime | None) -> HeatMap:
        tables = self._reading.tables
        key = ("heat", model, since)
        return self._reading.cached(key, ("drift_metrics",), lambda: heat_map(tables, model, since=since))

    def _distribution(
        self, model: str, column: str, end: datetime, first: datetime, slice: tuple[str, str] | None
    ) -> list[tuple[str, Any]]:
        tables, references = self._reading.tables, self._reading.references()
        current = profile_at(tables, model, column, end, slice)
        reference: Distribution | Categories | Joint | None
        if references is not None:
            reference, what = reference_at(references, model, column, slice=slice), "the reference"
        else:
            reference = profile_at(tables, model, column, first, slice)
            what = f"the window that ended at {first:%F %T} UTC"
        if current is None or reference is None:
            return []
        try:
            bars = histogram(reference, current)
        except ProfileError:  # numbers on one side, texts on the other: the findings say so
            return []
        title = f"{text(column)} now, against {what}"
        return [(title, histogram_figure(bars, title, reference_name=what))]


def _linked(figure: Any, path: str, query: _Query, columns: Sequence[str] = ()) -> Any:  # noqa: ANN401 - plotly's
    """Let a click on a point open a page of its window, and of the column of its row if there are ``columns``."""
    figure.layout.meta = {"path": path, "query": {**query}, "columns": [*columns]}
    return figure


def _measured(values: Performance) -> tuple[Iterable[Any], ...]:
    numbers = (values.values, values.low, values.high, values.estimates, values.references, values.coverage)
    columns = ([float(each) if each == each else None for each in column] for column in numbers)
    return (values.window_ends, *columns, values.verdicts)


def _columns(heat: HeatMap) -> list[tuple[str, str, Cell | None, Cell | None]]:
    """Return of each column its name and kind, and its last and its worst cell."""
    return [
        (name, kind, row[-1], max(filter(None, row), key=lambda cell: _rank(cell.excess), default=None))
        for (name, kind), row in zip(heat.columns, heat.cells, strict=True)
    ]


def _rank(excess: float) -> float:
    return -1.0 if math.isnan(excess) else excess


def _slices(findings: list[Finding]) -> list[Finding]:
    """Return the strongest finding of each slice."""
    first: dict[tuple[str | None, str | None], Finding] = {}
    for each in findings:
        if each.slice_key is not None:
            first.setdefault((each.slice_key, each.slice_value), each)
    return [*first.values()][:50]


def _text(query: _Query, name: str) -> str:
    value = query.get(name)
    if not value:
        raise OptionError.missing(name, "in the address of the page")
    return value


def _whole(query: _Query, name: str, default: int) -> int:
    value = query.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 9 else default


def _span(query: _Query) -> str:
    span = query.get("span", "7 days")
    if span not in SPANS:
        raise OptionError.malformed("span", span, ", ".join(SPANS))
    return span


def _time(query: _Query, name: str) -> datetime | None:
    value = query.get(name)
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError as error:
        raise OptionError.malformed(name, value, "a time such as 2026-01-31T12:00:00Z") from error
    return time if time.tzinfo is not None else time.replace(tzinfo=timezone.utc)
