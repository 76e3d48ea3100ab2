"""Blocks of rows to panes, and panes to profiles: mergeable summaries of columns, without Spark."""

from sparkmon.panes.block_parts import JOINT, Projections
from sparkmon.panes.builder import PaneBuilder
from sparkmon.panes.limits import OTHER, PaneLimits
from sparkmon.panes.merge import merge_panes

__all__ = [
    "JOINT",
    "OTHER",
    "PaneBuilder",
    "PaneLimits",
    "Projections",
    "merge_panes",
]
