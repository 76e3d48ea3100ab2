"""Blocks of rows to panes, and panes to profiles: mergeable summaries of columns, without Spark."""

from sparkmon.panes.block_parts import JOINT, Projections
from sparkmon.panes.builder import PaneBuilder
from sparkmon.panes.event_counts import CLOCK, EventCounts
from sparkmon.panes.merge_parts import merge_panes
from sparkmon.panes.pool import OTHER, PaneLimits

__all__ = ["CLOCK", "JOINT", "OTHER", "EventCounts", "PaneBuilder", "PaneLimits", "Projections", "merge_panes"]
