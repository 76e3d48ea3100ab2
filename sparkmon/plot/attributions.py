"""What a model's answers depend on, then and now."""

from datetime import datetime
from typing import Any

import plotly.graph_objects as go

from sparkmon.plot.style import BLUE, GREY, Theme, figure, nothing, text
from sparkmon.views import attributions_of, open_source

_FEATURES = 15


def attributions(
    source: Any,  # noqa: ANN401 - a location, DataFrames, or opened tables
    model: str,
    *,
    window_end: datetime | None = None,
    since: datetime | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Plot the importance of a model's features in a window, beside that on training rows.

    Parameters
    ----------
    source : str, mapping or opened tables
        The tables' location, or DataFrames by table: needs ``attributions``.
    model : str
        The model.
    window_end : datetime, optional
        The end of the window; by default the last one that was explained.
    since : datetime, optional
        Only windows that end then or later.
    theme : {"light", "dark"}
        The paper.

    Returns
    -------
    plotly.graph_objects.Figure
        Bars are mean absolute Shapley values, in the unit of the answer; the 15 greatest, now or in training.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from sparkmon.attributions.schema import ATTRIBUTIONS
    >>> row = {"model": "flights", "window_end": datetime(2026, 1, 1), "column_name": "temp", "status": "ok"}
    >>> rows = pa.Table.from_pylist([row | {"importance": 0.2, "reference_importance": 0.1}], ATTRIBUTIONS)
    >>> training, now = attributions({"attributions": rows}, "flights").data
    >>> training.x, now.x
    ((0.1,), (0.2,))
    """
    window = attributions_of(open_source(source), model, window_end=window_end, since=since)
    title = f"What the answers of {text(model, 40)} depend on"
    if window is None:
        return nothing(title, "No window of this model has been explained.", theme)
    features = window.features[:_FEATURES]
    names, places = [text(each.column_name, 28) for each in features], [*range(len(features))]
    plot = figure(
        title,
        theme,
        height=150 + 32 * len(features),
        subtitle=f"now: the window that ended at {window.window_end:%Y-%m-%d %H:%M} UTC",
        margin={"t": 84},
        barmode="group",
        xaxis={"title": {"text": "mean absolute Shapley value"}, "rangemode": "tozero"},
        yaxis={"autorange": "reversed", "tickmode": "array", "tickvals": places, "ticktext": names},
    )
    for name, colour, values in (
        ("in training", GREY, [each.reference_importance for each in features]),
        ("now", BLUE, [each.importance for each in features]),
    ):
        ends = [window.window_end] * len(features)
        bars = {"orientation": "h", "hovertemplate": "%{x:.4g}<extra></extra>", "marker": {"color": colour}}
        plot.add_bar(x=values, y=places, name=name, customdata=ends, **bars)
    return plot
