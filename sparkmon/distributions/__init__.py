"""What columns were like, without Spark: a Distribution of numbers, Categories of named levels, a Joint of whole rows.

All are small, frozen and made from a sample, from the bytes of a sketch or from counts. Statistics compare two of
them and see nothing else.
"""

from sparkmon.distributions.bins import bin_counts, reference_edges
from sparkmon.distributions.categories import NULL, OTHER, UNSEEN, Categories, align
from sparkmon.distributions.distribution import Distribution
from sparkmon.distributions.gaps import gaps
from sparkmon.distributions.hll import hll_coupons, merge_hll, write_hll
from sparkmon.distributions.joint import Joint
from sparkmon.distributions.kll import KllSketch, kll_rank_error, read_kll
from sparkmon.distributions.kll_writer import write_kll
from sparkmon.distributions.merge import merge_summaries
from sparkmon.distributions.profile import kind_of, summary_of
from sparkmon.distributions.projection import Projection
from sparkmon.distributions.quantile_table import QuantileTable
from sparkmon.distributions.rank_slack import rank_slack

__all__ = [
    "NULL",
    "OTHER",
    "UNSEEN",
    "Categories",
    "Distribution",
    "Joint",
    "KllSketch",
    "Projection",
    "QuantileTable",
    "align",
    "bin_counts",
    "gaps",
    "hll_coupons",
    "kind_of",
    "kll_rank_error",
    "merge_hll",
    "merge_summaries",
    "rank_slack",
    "read_kll",
    "reference_edges",
    "summary_of",
    "write_hll",
    "write_kll",
]
