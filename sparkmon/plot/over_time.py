"""One statistic of one column over time: its limit, what noise alone gives, and the windows in which it drifted."""

from datetime import datetime
from itertools import groupby
from typing import Any

import numpy as np
import plotly.graph_objects as go

from sparkmon.comparison import OVER
from sparkmon.plot.style import BLUE, ORANGE, VERMILION, Theme, figure, nothing, text
from sparkmon.views import Series, open_source, series

_OVER = (*OVER, "provisional")


def over_time(
    source: Any,  # noqa: ANN401 - a location, DataFrames, or opened tables
    model: str,
    column: str,
    *,
    statistic: str | None = None,
    slice: tuple[str, str] | None = None,
    since: datetime | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Plot a statistic of a column over windows; by default the one that was furthest beyond its limit.

    Parameters
    ----------
    source : str, mapping or opened tables
        The tables' location, or DataFrames by table: needs ``drift_metrics``.
    model, column : str
        What to plot.
    statistic : str, optional
        Its name, such as ``ks``.
    slice : (str, str), optional
        A key and a value; by default all rows.
    since : datetime, optional
        Only windows that end then or later.
    theme : {"light", "dark"}
        The paper.

    Returns
    -------
    plotly.graph_objects.Figure
        The band is what sampling alone is expected to give, the dashed line what the value has to exceed; diamonds on a
        shaded ground are windows beyond it.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from sparkmon.comparison.schema import DRIFT_METRICS
    >>> names = {"model": "flights", "column_name": "temp", "column_kind": "feature", "statistic": "ks"}
    >>> numbers = {"value": 0.3, "noise": 0.02, "sketch_error": 0.0, "threshold": 0.1, "limit": 0.1, "status": "drift"}
    >>> times = {"window_start": datetime(2026, 1, 1), "window_end": datetime(2026, 1, 2), "drift_type": "BASELINE"}
    >>> findings = pa.Table.from_pylist([names | numbers | times], DRIFT_METRICS)
    >>> noise, limit, ks = over_time({"drift_metrics": findings}, "flights", "temp").data
    >>> noise.y, limit.y, ks.y
    ((0.02,), (0.12000000000000001,), (0.3,))
    """
    values = series(open_source(source), model, column, statistic=statistic, slice=slice, since=since)
    if values is None:
        return nothing(f"{text(column)} of {text(model)}", "There is no finding on this column.", theme)
    return series_figure(values, theme)


def series_figure(values: Series, theme: Theme = "light") -> go.Figure:
    """Plot a series that was read already; see :func:`over_time`."""
    where = f" where {text(values.slice)}" if values.slice else ""
    plot = figure(
        f"{values.statistic} of {text(values.column_name)}{where}",
        theme,
        xaxis={"title": {"text": "end of the window (UTC)"}},
        yaxis={"title": {"text": values.statistic}, "rangemode": "tozero"},
    )
    times = [*values.window_ends]
    total = values.noise + np.where(np.isnan(values.limits), values.thresholds, values.limits)
    band = {"x": times, "mode": "lines", "line": {"width": 0}, "fill": "tozeroy", "fillcolor": "rgba(138,138,138,.25)"}
    plot.add_scatter(**band, y=_plain(values.noise), name="noise alone", hoverinfo="skip")
    limit = {"x": times, "mode": "lines", "line": {"color": ORANGE, "dash": "dash"}}
    plot.add_scatter(**limit, y=_plain(total), name="limit", hovertemplate="limit %{y:.4g}<extra></extra>")
    is_over = [status in _OVER for status in values.statuses]
    plot.add_scatter(
        x=times,
        y=_plain(np.abs(values.values)),
        mode="lines+markers",
        name=values.statistic,
        line={"color": BLUE},
        marker={
            "color": [VERMILION if over else BLUE for over in is_over],
            "symbol": ["diamond" if over else "circle" for over in is_over],
            "size": [10 if over else 6 for over in is_over],
        },
        text=[*values.statuses],
        hovertemplate="%{x|%Y-%m-%d %H:%M}<br>%{y:.4g}, %{text}<extra></extra>",
    )
    for over, places in groupby(range(len(times)), is_over.__getitem__):
        group = [*places]
        if over:
            spans = {"x0": values.window_starts[group[0]], "x1": values.window_ends[group[-1]]}
            plot.add_vrect(**spans, fillcolor=VERMILION, opacity=0.12, line_width=0, layer="below")
    return plot


def _plain(values: Any) -> list[float | None]:  # noqa: ANN401 - an array
    return [float(value) if np.isfinite(value) else None for value in values]
