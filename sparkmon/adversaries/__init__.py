"""Clients that probe, evade or copy a model, by what they ask for that honest ones do not."""

from sparkmon.adversaries.anonymous import SWEPT_ROWS as SWEPT_ROWS, longest_sweeps as longest_sweeps
from sparkmon.adversaries.baseline import (
    WINDOW_ROWS as WINDOW_ROWS,
    Baseline as Baseline,
    windows_of as windows_of,
)
from sparkmon.adversaries.boundary import label_changes as label_changes, low_margin_share as low_margin_share
from sparkmon.adversaries.client_rows import (
    CLIENT_COLUMNS as CLIENT_COLUMNS,
    ClientRows as ClientRows,
    rows_by_client as rows_by_client,
)
from sparkmon.adversaries.feedback import (
    SCORE_BINS as SCORE_BINS,
    WINDOWS_BEFORE as WINDOWS_BEFORE,
    Feedback as Feedback,
    Shift as Shift,
)
from sparkmon.adversaries.honest import Honest as Honest
from sparkmon.adversaries.identity import ClientIdentity as ClientIdentity, clients_of as clients_of
from sparkmon.adversaries.out_of_distribution import (
    mahalanobis_median as mahalanobis_median,
    outside_share as outside_share,
    surprise_high as surprise_high,
    surprise_median as surprise_median,
)
from sparkmon.adversaries.path import turn_deviation as turn_deviation, turn_mean as turn_mean
from sparkmon.adversaries.predicted_labels import label_distance as label_distance
from sparkmon.adversaries.rule import alerts as alerts
from sparkmon.adversaries.similarity import (
    nearest_low as nearest_low,
    nearest_median as nearest_median,
    neighbours_least as neighbours_least,
    neighbours_median as neighbours_median,
)
from sparkmon.adversaries.spread import variance_ratio as variance_ratio
from sparkmon.adversaries.statistic import CLIENT_STATISTICS as CLIENT_STATISTICS, client_statistic as client_statistic
from sparkmon.adversaries.sweep import (
    constant_share as constant_share,
    single_change_share as single_change_share,
    single_changes_most as single_changes_most,
)
from sparkmon.adversaries.verdict import (
    Attack as Attack,
    judge_anonymous as judge_anonymous,
    judge_client as judge_client,
)
