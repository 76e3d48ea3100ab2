"""What came in, and how far behind the monitor was."""

from datetime import datetime
from typing import Any

import plotly.graph_objects as go

from sparkmon.plot.style import BLUE, GREY, ORANGE, Theme, figure, nothing, text
from sparkmon.views import open_source, traffic_of


def traffic(
    source: Any,  # noqa: ANN401 - a location, DataFrames, or opened tables
    model: str,
    *,
    since: datetime | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Plot requests and responses per window, and the lag.

    Parameters
    ----------
    source : str, mapping or opened tables
        The tables' location, or DataFrames by table: needs ``closed_windows``.
    model : str
        The model.
    since : datetime, optional
        Only windows that end then or later.
    theme : {"light", "dark"}
        The paper.

    Returns
    -------
    plotly.graph_objects.Figure
        The lag, on an axis of its own, is the time from the end of a window until it was closed: the monitor's delay,
        and how far it was behind.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from sparkmon.state import CLOSED_WINDOWS
    >>> times = {"window_end": datetime(2026, 1, 1, 12), "closed_time": datetime(2026, 1, 1, 12, 10)}
    >>> row = {"model": "flights", "requests": 600, "responses": 598, **times}
    >>> windows = pa.Table.from_pylist([row], CLOSED_WINDOWS)
    >>> requests, responses, lag = traffic({"closed_windows": windows}, "flights").data
    >>> requests.y, responses.y, lag.y
    ((600,), (598,), (600.0,))
    """
    windows = traffic_of(open_source(source), model, since=since)
    title = f"Traffic of {text(model)}"
    if not windows:
        return nothing(title, "No window of this model has closed.", theme)
    times = [window.window_end for window in windows]
    plot = figure(
        title,
        theme,
        barmode="group",
        xaxis={"title": {"text": "end of the window (UTC)"}},
        yaxis={"title": {"text": "events per window"}, "rangemode": "tozero"},
        yaxis2={
            "title": {"text": "lag (s)"},
            "overlaying": "y",
            "side": "right",
            "rangemode": "tozero",
            "showgrid": False,
        },
    )
    for name, colour in (("requests", GREY), ("responses", BLUE)):
        counts = [getattr(window, name) for window in windows]
        plot.add_bar(x=times, y=counts, name=name, marker={"color": colour})
    lags = [window.lag.total_seconds() for window in windows]
    return plot.add_scatter(x=times, y=lags, name="lag", yaxis="y2", mode="lines+markers", line={"color": ORANGE})
