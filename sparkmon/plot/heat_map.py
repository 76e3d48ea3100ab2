"""Columns by windows: where a model's data are beyond what is allowed, and since when."""

import math
from datetime import datetime
from typing import Any

import plotly.graph_objects as go

from sparkmon.plot.style import Theme, figure, nothing, text
from sparkmon.views import HeatMap, heat_map as heat_map_view, open_source

_COLUMNS = 30
_GREATEST = 4.0
"""An excess from here on has one colour."""


def heat_map(
    source: Any,  # noqa: ANN401 - a location, DataFrames, or opened tables
    model: str,
    *,
    since: datetime | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Plot how far each column of a model was beyond its limit in each window, the worst 30 columns.

    Parameters
    ----------
    source : str, mapping or opened tables
        The tables' location, or DataFrames by table: needs ``drift_metrics``.
    model : str
        The model.
    since : datetime, optional
        Only windows that end then or later.
    theme : {"light", "dark"}
        The paper.

    Returns
    -------
    plotly.graph_objects.Figure
        Colours are the strongest finding's value, less noise, in units of its limit: from 1 on it is a drift. Gaps were
        not judged.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from sparkmon.comparison.schema import DRIFT_METRICS
    >>> heat_map({"drift_metrics": DRIFT_METRICS.empty_table()}, "flights").layout.annotations[0].text
    'No window of this model has been judged.'
    """
    return heat_figure(heat_map_view(open_source(source), model, since=since), theme)


def heat_figure(heat: HeatMap, theme: Theme = "light") -> go.Figure:
    """Plot a heat map that was read already; see :func:`heat_map`."""
    title = f"{text(heat.model)}: columns by windows"
    if not heat.columns:
        return nothing(title, "No window of this model has been judged.", theme)
    columns, rows = heat.columns[:_COLUMNS], heat.cells[:_COLUMNS]
    # A window beyond a limit of 0 is infinitely beyond it; JSON has no such number.
    values = [[_shown(None if cell is None else cell.excess) for cell in row] for row in rows]
    hover = [
        [
            "not judged" if cell is None else f"{cell.status}: {cell.statistic} at {cell.excess:.3g} x its limit"
            for cell in row
        ]
        for row in rows
    ]
    more = len(heat.columns) - len(columns)
    names = [text(name if kind == "feature" else f"{name} ({kind})", 28) for name, kind in columns]
    plot = figure(
        title,
        theme,
        height=max(210, 120 + 24 * len(columns)),
        subtitle=f"value less noise, x limit{f'; {more} more columns are not shown' if more else ''}",
        xaxis={"title": {"text": "end of the window (UTC)"}},
        yaxis={"autorange": "reversed", "tickmode": "array", "tickvals": [*range(len(names))], "ticktext": names},
    )
    return plot.add_heatmap(
        x=[*heat.window_ends],
        y=[*range(len(columns))],
        z=values,
        text=hover,
        hovertemplate="%{x|%Y-%m-%d %H:%M}<br>%{text}<extra></extra>",
        zmin=0,
        zmax=_GREATEST,
        autocolorscale=True,  # that of the theme
        xgap=1,
        ygap=1,
        colorbar={
            "title": {"text": "x limit"},
            "thickness": 10,
            "lenmode": "pixels",
            "len": 120,
            "tickvals": [0, 1, 2, 3, 4],
            "ticktext": ["0", "1", "2", "3", "4+"],
        },
    )


def _shown(excess: float | None) -> float | None:
    return None if excess is None or math.isnan(excess) else min(excess, _GREATEST)
