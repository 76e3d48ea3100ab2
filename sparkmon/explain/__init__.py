"""What lies behind a finding, computed from the summaries that are there."""

from sparkmon.explain.change import Change as Change, change_of as change_of
from sparkmon.explain.moved import Moved as Moved, moved as moved
from sparkmon.explain.schema import CAUSES as CAUSES
from sparkmon.explain.shapley import (
    Attributions as Attributions,
    ObjectRows as ObjectRows,
    attribution_distances as attribution_distances,
    permutation_shapley as permutation_shapley,
    rows_asked as rows_asked,
)
