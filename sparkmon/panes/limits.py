"""How much a builder of panes keeps, whoever invents names."""

from __future__ import annotations

from dataclasses import dataclass

OTHER = "(other)"
"""The pooled column of a model, and the pooled model: what was beyond the limits. The ``count`` of its profile is the
number of pooled cells."""


@dataclass(frozen=True)
class PaneLimits:
    """Bounds of one build, and of one merge.

    What occurs least is pooled; what a monitor expects never is.

    Examples
    --------
    >>> PaneLimits(columns=500).models
    2000
    """

    models: int = 2000
    """Models and versions; the others are pooled to one column of the model ``(other)``."""
    columns: int = 2000
    """Columns of a model and version, of all kinds; the others are pooled to one column ``(other)`` of each kind."""
    name_bytes: int = 1024
    """The name of a column, a model or a level, in bytes of UTF-8; longer ones are pooled, longer levels not listed."""
    levels: int = 1000
    """Levels of a column in a pane: the commonest are kept; while it is built, ten times as many."""
    buffer_bytes: int = 64 * 2**20
    """Rows that are buffered before they are summarised, in bytes."""
