"""The most severe outliers of a model over time."""

from datetime import datetime
from typing import Any

import plotly.graph_objects as go

from sparkmon.plot.style import VERMILION, Theme, figure, nothing, text
from sparkmon.views import open_source, outliers_of


def outliers(
    source: Any,  # noqa: ANN401 - a location, DataFrames, or opened tables
    model: str,
    *,
    since: datetime | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Plot the 500 most severe outliers of a model.

    Parameters
    ----------
    source : str, mapping or opened tables
        The tables' location, or DataFrames by table: needs ``outliers``.
    model : str
        The model.
    since : datetime, optional
        Only windows that end then or later.
    theme : {"light", "dark"}
        The paper.

    Returns
    -------
    plotly.graph_objects.Figure
        ``excess`` is the mean of a row's scores, in units of the greatest ones of a training row.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from sparkmon.detectors.schema import OUTLIERS
    >>> numbers = {"instance": 0, "severity": 99.9, "p_value": 0.001, "excess": 3.2, "columns": []}
    >>> row = {"model": "flights", "event_time": datetime(2026, 1, 1), "reason": "temp is 1e9", **numbers}
    >>> (points,) = outliers({"outliers": pa.Table.from_pylist([row], OUTLIERS)}, "flights").data
    >>> points.y, points.text
    ((3.2,), ('temp is 1e9',))
    """
    rows = outliers_of(open_source(source), model, since=since, count=500)
    title = f"Outliers of {text(model)}"
    if not rows:
        return nothing(title, "No row was an outlier.", theme)
    plot = figure(
        title,
        theme,
        xaxis={"title": {"text": "time of the request (UTC)"}},
        yaxis={"title": {"text": "excess (x training's greatest)"}},
    )
    return plot.add_scatter(
        x=[row.event_time for row in rows],
        y=[row.excess for row in rows],
        mode="markers",
        marker={"color": VERMILION, "opacity": 0.7, "size": 8},
        customdata=[row.window_end for row in rows],
        text=[text(row.reason, 120) for row in rows],
        hovertemplate="%{x|%Y-%m-%d %H:%M:%S}<br>%{text}<extra></extra>",
    )
