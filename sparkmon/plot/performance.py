"""A metric over time with its confidence interval, and what was expected without labels."""

from datetime import datetime
from typing import Any

import numpy as np
import plotly.graph_objects as go

from sparkmon.plot.style import BLUE, GREEN, ORANGE, VERMILION, Theme, figure, nothing, text
from sparkmon.views import open_source, performance_of

_WORSE = ("model worse", "both")


def performance(
    source: Any,  # noqa: ANN401 - a location, DataFrames, or opened tables
    model: str,
    *,
    metric: str | None = None,
    since: datetime | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Plot a metric of a model over windows; ``source`` needs the table ``performance``.

    Parameters
    ----------
    source : str, mapping or opened tables
        The tables' location, or DataFrames by table.
    model : str
        The model.
    metric : str, optional
        Such as ``roc_auc_score``; by default the one that verdicts are of.
    since : datetime, optional
        Only windows that end then or later.
    theme : {"light", "dark"}
        The paper.

    Returns
    -------
    plotly.graph_objects.Figure
        The band is the 95 % confidence interval; diamonds are windows in which the model is worse.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from sparkmon.labels.schema import PERFORMANCE
    >>> row = {"model": "flights", "window_end": datetime(2026, 1, 1), "metric": "brier_score_loss", "version": 0}
    >>> row |= {"value": 0.2, "low": 0.19, "high": 0.21, "reference_value": 0.15, "estimate": 0.16, "basis": "labels"}
    >>> figure = performance({"performance": pa.Table.from_pylist([row], PERFORMANCE)}, "flights")
    >>> [trace.name for trace in figure.data]
    ['95 % interval', 'reference', 'expected without labels', 'by labels']
    """
    values = performance_of(open_source(source), model, metric=metric, since=since)
    if values is None:
        return nothing(f"Performance of {text(model)}", "No window of this model has labels or an estimate.", theme)
    times = [*values.window_ends]
    plot = figure(
        f"{values.metric} of {text(model)}",
        theme,
        xaxis={"title": {"text": "end of the window (UTC)"}},
        yaxis={"title": {"text": values.metric}},
    )
    has_band = np.isfinite(values.low) & np.isfinite(values.high)
    if has_band.any():
        ends = [time for time, is_there in zip(times, has_band, strict=True) if is_there]
        band = [*values.high[has_band].tolist(), *values.low[has_band][::-1].tolist()]
        fill = {"fill": "toself", "fillcolor": "rgba(58,143,208,.2)", "line": {"width": 0}, "hoverinfo": "skip"}
        plot.add_scatter(x=[*ends, *reversed(ends)], y=band, name="95 % interval", mode="lines", **fill)
    is_worse = [verdict in _WORSE for verdict in values.verdicts]
    for name, numbers, line in (
        ("reference", values.references, {"color": ORANGE, "dash": "dash"}),
        ("expected without labels", values.estimates, {"color": GREEN, "dash": "dot"}),
    ):
        plot.add_scatter(x=times, y=_plain(numbers), name=name, mode="lines", line=line)
    return plot.add_scatter(
        x=times,
        y=_plain(values.values),
        name="by labels",
        mode="lines+markers",
        line={"color": BLUE},
        marker={
            "color": [VERMILION if worse else BLUE for worse in is_worse],
            "symbol": ["diamond" if worse else "circle" for worse in is_worse],
            "size": 8,
        },
        text=[
            f"{verdict or 'no verdict'}, {coverage:.0%} labelled" if coverage == coverage else "no labels"
            for verdict, coverage in zip(values.verdicts, values.coverage, strict=True)
        ],
        hovertemplate="%{x|%Y-%m-%d %H:%M}<br>%{y:.4g}, %{text}<extra></extra>",
    )


def _plain(values: Any) -> list[float | None]:  # noqa: ANN401 - an array
    return [float(value) if np.isfinite(value) else None for value in values]
