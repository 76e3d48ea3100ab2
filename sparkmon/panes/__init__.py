"""Blocks of rows to panes, and panes to profiles: mergeable summaries of columns, without Spark."""

from sparkmon.panes.block_groups import BlockSlices
from sparkmon.panes.builder import PaneBuilder
from sparkmon.panes.limits import OTHER, PaneLimits
from sparkmon.panes.merge import merge_panes, merge_profiles

__all__ = ["OTHER", "BlockSlices", "PaneBuilder", "PaneLimits", "merge_panes", "merge_profiles"]
