"""The timeline of clients that attack a model."""

from datetime import datetime
from typing import Any

import plotly.graph_objects as go

from sparkmon.comparison import OVER
from sparkmon.plot.style import BLUE, VERMILION, Theme, figure, nothing, text
from sparkmon.views import attacks_of, open_source

_CLIENTS = 30


def attacks(
    source: Any,  # noqa: ANN401 - a location, DataFrames, or opened tables
    model: str,
    *,
    since: datetime | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Plot the windows in which clients were judged, one line per client.

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
        Crosses are attacks. The 30 clients with the most of them are shown.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from sparkmon.comparison.schema import DRIFT_METRICS
    >>> client = {"column_kind": "client", "slice_key": "client", "slice_value": "eve", "current_count": 300}
    >>> row = {"model": "flights", "window_end": datetime(2026, 1, 1), "status": "over_limit", "reason": "a sweep"}
    >>> calm, attack = attacks({"drift_metrics": pa.Table.from_pylist([row | client], DRIFT_METRICS)}, "flights").data
    >>> len(calm.x), attack.text
    (0, ('300 rows; a sweep',))
    """
    windows = attacks_of(open_source(source), model, since=since)
    title = f"Clients that attack {text(model)}"
    if not windows:
        return nothing(title, "No client was judged: see docs/adversaries.md.", theme)
    counts: dict[str, int] = {}
    for window in windows:
        counts[window.client] = counts.get(window.client, 0) + (window.status in OVER)
    clients = sorted(counts, key=lambda client: (-counts[client], client))[:_CLIENTS]
    places = {client: at for at, client in enumerate(clients)}
    axis = {"tickmode": "array", "tickvals": [*places.values()], "ticktext": [text(each, 24) for each in clients]}
    plot = figure(
        title,
        theme,
        height=150 + 28 * len(clients),
        xaxis={"title": {"text": "end of the window (UTC)"}},
        yaxis={**axis, "autorange": "reversed"},
    )
    for is_attack, name, colour, symbol in ((False, "not an attack", BLUE, "circle"), (True, "attack", VERMILION, "x")):
        chosen = [each for each in windows if (each.status in OVER) == is_attack and each.client in places]
        plot.add_scatter(
            x=[each.window_end for each in chosen],
            y=[places[each.client] for each in chosen],
            mode="markers",
            name=name,
            marker={"color": colour, "symbol": symbol, "size": 10},
            text=[f"{each.rows:,} rows; {text(each.reason, 160)}" for each in chosen],
            hovertemplate="%{x|%Y-%m-%d %H:%M}<br>%{text}<extra></extra>",
        )
    return plot
