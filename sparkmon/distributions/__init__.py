"""What columns were like, without Spark: a Distribution of numbers, Categories of named levels, a Joint of whole rows.

All are small, frozen and made from a sample, from the bytes of a sketch or from counts. Statistics compare two of
them and see nothing else.
"""

from sparkmon.distributions.bins import bin_counts as bin_counts, reference_edges as reference_edges
from sparkmon.distributions.categories import (
    NULL as NULL,
    OTHER as OTHER,
    UNSEEN as UNSEEN,
    Categories as Categories,
    align as align,
)
from sparkmon.distributions.distribution import Distribution as Distribution
from sparkmon.distributions.gaps import gaps as gaps
from sparkmon.distributions.hll import hll_coupons as hll_coupons, merge_hll as merge_hll, write_hll as write_hll
from sparkmon.distributions.joint import Joint as Joint
from sparkmon.distributions.kll import KllSketch as KllSketch, kll_rank_error as kll_rank_error, read_kll as read_kll
from sparkmon.distributions.kll_writer import write_kll as write_kll
from sparkmon.distributions.merge import merge_summaries as merge_summaries
from sparkmon.distributions.profile import (
    distribution_of as distribution_of,
    kind_of as kind_of,
    summary_of as summary_of,
)
from sparkmon.distributions.projection import Projection as Projection
from sparkmon.distributions.quantile_table import QuantileTable as QuantileTable
from sparkmon.distributions.rank_slack import rank_slack as rank_slack
