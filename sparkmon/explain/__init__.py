"""What lies behind a finding, computed from the summaries that are there."""

from sparkmon.explain.change import Change as Change, change_of as change_of
from sparkmon.explain.moved import Moved as Moved, moved as moved
from sparkmon.explain.schema import CAUSES as CAUSES
