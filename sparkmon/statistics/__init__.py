"""Statistics: each a pure function of ``(reference, current)`` that says how far apart two columns are.

``psi(reference, current)`` is the bare number. ``STATISTICS.get("psi").measure(reference, current)`` returns it with
what is needed to trust it: its threshold, what sampling noise alone would give, a p-value, how far sketches may put it
off, and how many rows are enough. :func:`evidence` is not in the registry: it grows with the rows.

The reference is the training side, the current side the live one: two ``Distribution`` of numbers, two ``Categories``
of named levels or two ``Joint`` of whole rows. ``ProfileError`` is raised if they are not of one kind, or of a kind
that the statistic is not for. A statistic is 0 for equal sides, moves away from 0 as they differ, and is NaN if a side
has no rows. Of numbers, only rows with a finite number enter, unless it says otherwise. Where no default threshold is
named, the statistic is reported only; a threshold that is given is for the size of the value, up or down.

In what follows m and n are the rows of the two sides, c = 1/m + 1/n, F and G their distribution functions, p and q
their shares. *Accuracy* is how far off a value from sketches may be, ``sketch_error``; it is exact on samples. *Noise*
is what sampling gives if both sides come from one distribution. *Cost* is that beside reading the summaries: none, if
it is not named.

Binned statistics (``chi2``, ``hellinger``, ``js``, ``kl``, ``linf``, ``psi``, ``tv``) compare shares: of the
reference's levels (:func:`sparkmon.distributions.align`), or of its quantile bins if it has more than 50 distinct
numbers, else of its numbers (:func:`sparkmon.distributions.reference_edges`). ``bins``, which their functions take, is
how many quantile bins are wanted, 10 by default. Rows without a value are one more bin. B is the number of bins in
which either side has rows. A reference of percentiles or a histogram is counted at its own points: exact except for its
own error. Their sketch error moves the mass that each
side's rank error allows over each bin edge, up and down, and adds the greatest changes up. The cost is one search per
bin edge in each support, or one look-up per level.
"""

from sparkmon.statistics.binned import prepare as prepare
from sparkmon.statistics.chi2 import chi2 as chi2
from sparkmon.statistics.count import count as count
from sparkmon.statistics.cramer_von_mises import cramer_von_mises as cramer_von_mises
from sparkmon.statistics.evidence import evidence as evidence
from sparkmon.statistics.hellinger import hellinger as hellinger
from sparkmon.statistics.inf_rate import inf_rate as inf_rate
from sparkmon.statistics.js import js as js
from sparkmon.statistics.kl import kl as kl
from sparkmon.statistics.ks import ks as ks
from sparkmon.statistics.lattice_rate import lattice_rate as lattice_rate
from sparkmon.statistics.linf import linf as linf
from sparkmon.statistics.mean import mean as mean
from sparkmon.statistics.mmd_rff import mmd_rff as mmd_rff
from sparkmon.statistics.nan_rate import nan_rate as nan_rate
from sparkmon.statistics.null_rate import null_rate as null_rate
from sparkmon.statistics.pca_reconstruction import pca_reconstruction as pca_reconstruction
from sparkmon.statistics.psi import psi as psi
from sparkmon.statistics.range_rate import range_rate as range_rate
from sparkmon.statistics.statistic import (
    JOINT as JOINT,
    STATISTICS as STATISTICS,
    Measurement as Measurement,
    Statistic as Statistic,
    Summary as Summary,
)
from sparkmon.statistics.std import std as std
from sparkmon.statistics.tv import tv as tv
from sparkmon.statistics.type_rate import type_rate as type_rate
from sparkmon.statistics.unseen_rate import unseen_rate as unseen_rate
from sparkmon.statistics.wasserstein import wasserstein as wasserstein
from sparkmon.statistics.wasserstein_normed import wasserstein_normed as wasserstein_normed
