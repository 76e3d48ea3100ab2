"""How figures look: colours that everybody can tell apart, on light and dark paper, and names as text."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from sparkmon.errors import MissingExtraError
from sparkmon.printable import printable, shortened

try:
    import plotly.graph_objects as go
except ImportError as error:
    raise MissingExtraError.of("plotly", "plots") from error

Theme: TypeAlias = Literal["light", "dark"]

# Okabe and Ito's palette (https://jfly.uni-koeln.de/color), on white and on black.
GREY, BLUE, ORANGE, VERMILION, GREEN = "#8a8a8a", "#3a8fd0", "#e69f00", "#d55e00", "#009e73"
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
"""Plotly reads a few HTML tags in texts."""


_UP_TO_1, _BEYOND = 0.2499, 0.25
"""The limit is at a quarter of a heat map's scale: blue up to it, orange beyond; lightness tells them apart, too."""


def _template(paper: str, ink: str, grid: str, scale: Sequence[str]) -> go.layout.Template:
    axis = {"gridcolor": grid, "zerolinecolor": grid, "linecolor": grid, "automargin": True, "title": {"standoff": 8}}
    return go.layout.Template(
        layout={
            "paper_bgcolor": paper,
            "plot_bgcolor": paper,
            "font": {"color": ink, "size": 13, "family": "system-ui, sans-serif"},
            "xaxis": axis,
            "yaxis": axis,
            "colorscale": {"sequential": [*zip((0, _UP_TO_1, _BEYOND, 0.5, 1), scale, strict=True)]},
            "hoverlabel": {"bgcolor": paper, "font": {"color": ink}, "align": "left"},
            "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "xanchor": "left"},
            "margin": {"l": 8, "r": 8, "t": 64, "b": 8},
            "title": {
                "x": 0,
                "xanchor": "left",
                "xref": "container",
                "pad": {"l": 8},
                "font": {"size": 15},
                "y": 0.98,
                "yanchor": "top",
            },
        }
    )


TEMPLATES: Mapping[Theme, Any] = {
    "light": _template("#ffffff", "#1d2126", "#dde1e6", ("#d6e4f0", "#86b1d8", "#f3b557", "#e0701f", "#8c2d04")),
    "dark": _template("#15181c", "#e4e7eb", "#343a41", ("#1f2d3a", "#386088", "#c98a2b", "#ec7a35", "#ffc2a6")),
}
"""Plotly templates by theme."""


def figure(title: str, theme: Theme, height: int = 340, *, subtitle: str = "", **layout: object) -> go.Figure:
    """Return an empty figure; titles and labels of axes are texts by :func:`text`."""
    titles: dict[str, Any] = {"text": title}
    if subtitle:
        titles["subtitle"] = {"text": subtitle, "font": {"size": 13}}
    return go.Figure(layout={"title": titles, "height": height, "template": TEMPLATES[theme], **layout})


def text(words: object, most: int = 60) -> str:
    """Return a text from outside as plotly shows it: no tags, no control characters, not too long.

    >>> text("<b>temp</b> & more"), text("a" * 70, most=5)
    ('&lt;b&gt;temp&lt;/b&gt; &amp; more', 'aaaa…')
    """
    return shortened(printable(str(words)), most, _ESCAPES)


def nothing(title: str, why: str, theme: Theme) -> go.Figure:
    """Return a figure that says why there is nothing in it."""
    empty = figure(title, theme, height=160, xaxis={"visible": False}, yaxis={"visible": False})
    return empty.add_annotation(text=why, showarrow=False, xref="paper", yref="paper", x=0, xanchor="left", y=0.5)
