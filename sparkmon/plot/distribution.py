"""Reference against current: the shares of rows by bin or level, and the bins that moved."""

from datetime import datetime
from typing import Any

import numpy as np
import plotly.graph_objects as go

from sparkmon.plot.style import BLUE, GREY, VERMILION, Theme, figure, nothing, text
from sparkmon.views import Histogram, arrow_of, histogram, open_source, profile_at, reference_at


def distribution(
    source: Any,  # noqa: ANN401 - a location, DataFrames, or opened tables
    references: Any,  # noqa: ANN401 - an Arrow table or a DataFrame
    model: str,
    column: str,
    window_end: datetime,
    *,
    slice: tuple[str, str] | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Plot what a column was like in a window, on the bins of what it was like in training.

    Parameters
    ----------
    source : str, mapping or opened tables
        The tables' location, or DataFrames by table: needs ``profiles``.
    references : pyarrow.Table or DataFrame
        The references, as ``open_store(place).read_references()`` or ``reference_of`` return them.
    model, column : str
        What to plot.
    window_end : datetime
        The end of the window.
    slice : (str, str), optional
        A key and a value; by default all rows.
    theme : {"light", "dark"}
        The paper.

    Returns
    -------
    plotly.graph_objects.Figure
        Shares of rows by bin or level, both sides on the same ones; those that moved by more than chance are hatched.

    Examples
    --------
    >>> from sparkmon.distributions.schema import PROFILES, REFERENCES
    >>> empty = {"profiles": PROFILES.empty_table()}
    >>> figure = distribution(empty, REFERENCES.empty_table(), "flights", "temp", datetime(2026, 1, 1, 12))
    >>> figure.layout.annotations[0].text
    'The reference has no profile of the column.'
    """
    table = arrow_of("references", references)
    reference = reference_at(table, model, column, slice=slice)
    current = profile_at(open_source(source), model, column, window_end, slice)
    title = f"{text(column)} in the window that ended at {window_end:%Y-%m-%d %H:%M} UTC"
    if reference is None or current is None:
        missing = "The reference" if reference is None else "This window"
        return nothing(title, f"{missing} has no profile of the column.", theme)
    return histogram_figure(histogram(reference, current), title, theme)


def histogram_figure(
    bars: Histogram, title: str, theme: Theme = "light", *, reference_name: str = "reference", unit: str = ""
) -> go.Figure:
    """Plot a histogram that was made already; bins that moved are hatched, and of another colour."""
    count = f"{bars.current_rows:,.0f} rows against {bars.reference_rows:,.0f}"
    plot = figure(title, theme, subtitle=count, margin={"t": 84}, barmode="overlay", bargap=0)
    if bars.edges is None or not bars.edges.size:
        x: Any = [*range(len(bars.labels))]
        widths = [0.8] * len(x)
        axis = {"tickmode": "array", "tickvals": x, "ticktext": [text(label, 20) for label in bars.labels]}
    else:
        x, widths = _places(bars)
        axis = {"title": {"text": unit or "value"}}
        if bars.reference[-1] or bars.current[-1]:
            axis |= {"tickmode": "array", **_ticks(bars, x)}
    plot.update_layout(
        xaxis=axis, yaxis={"title": {"text": "share of rows"}, "tickformat": ".0%", "rangemode": "tozero"}
    )
    hover = [text(label) for label in bars.labels]
    plot.add_bar(
        x=x,
        y=bars.reference.tolist(),
        width=widths,
        text=hover,
        textposition="none",
        name=reference_name,
        marker={"color": GREY, "opacity": 0.45, "line": {"width": 0}},
        hovertemplate="%{text}<br>%{y:.2%} of the reference<extra></extra>",
    )
    for has_moved, name, colour, pattern in ((False, "now", BLUE, ""), (True, "now, moved", VERMILION, "/")):
        chosen = np.flatnonzero(bars.moved == has_moved)
        if chosen.size:
            plot.add_bar(
                x=[x[at] for at in chosen],
                y=bars.current[chosen].tolist(),
                width=[0.6 * widths[at] for at in chosen],
                text=[hover[at] for at in chosen],
                textposition="none",
                name=name,
                marker={
                    "color": colour,
                    "pattern": {
                        "shape": pattern,
                        "fillmode": "overlay",
                        "fgcolor": "#ffffff",
                        "fgopacity": 0.6,
                        "size": 6,
                    },
                },
                hovertemplate="%{text}<br>%{y:.2%} now<extra></extra>",
            )
    return plot


def _places(bars: Histogram) -> tuple[list[float], list[float]]:
    """Return the middles and widths of bins of numbers; open ones are as wide as their neighbours."""
    edges = bars.edges
    assert edges is not None
    step = float(np.median(np.diff(edges))) if edges.size > 1 else 1.0
    inner, widths = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
    ends = (float(edges[0]) - step / 2, float(edges[-1]) + step / 2)
    return [ends[0], *inner.tolist(), ends[1], ends[1] + 2 * step], [step, *widths.tolist(), step, step]


def _ticks(bars: Histogram, x: list[float]) -> dict[str, Any]:
    """Return ticks of the axis, and one for the rows without a value."""
    assert bars.edges is not None
    values = np.linspace(bars.edges[0], bars.edges[-1], 6)
    return {"tickvals": [*values.tolist(), x[-1]], "ticktext": [*(f"{value:.4g}" for value in values), "no value"]}
