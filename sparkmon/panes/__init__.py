"""Blocks of rows to panes, and panes to profiles: mergeable summaries of columns, without Spark."""

from sparkmon.panes.block_parts import JOINT as JOINT, Projections as Projections
from sparkmon.panes.builder import PaneBuilder as PaneBuilder
from sparkmon.panes.event_counts import CLOCK as CLOCK, EventCounts as EventCounts
from sparkmon.panes.merge_parts import merge_panes as merge_panes
from sparkmon.panes.pool import OTHER as OTHER, PaneLimits as PaneLimits
