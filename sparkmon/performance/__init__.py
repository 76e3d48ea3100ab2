"""Performance: whether a model is still right, from labels where they are known, and by estimates where they are not.

Every metric is read off sums of blocks of rows, which add up over blocks, windows and slices; one file has one family
of metrics that share their sums. The names are those of ``sklearn.metrics``, the numbers, too.
"""

from sparkmon.performance.adaptive import Change as Change, adaptive_change as adaptive_change
from sparkmon.performance.answers import (
    AnswerColumns as AnswerColumns,
    Answered as Answered,
    class_names as class_names,
)
from sparkmon.performance.brier import brier as brier
from sparkmon.performance.calibration import calibration as calibration
from sparkmon.performance.concept import (
    BROKEN as BROKEN,
    ConceptTests as ConceptTests,
    CusumPart as CusumPart,
    Losses as Losses,
    losses_of as losses_of,
)
from sparkmon.performance.confusion import confusion as confusion
from sparkmon.performance.estimates import Calibrators as Calibrators, ErrorModel as ErrorModel
from sparkmon.performance.fairness import fairness as fairness
from sparkmon.performance.log_loss import log_loss as log_loss
from sparkmon.performance.metric import METRICS as METRICS, Measured as Measured, MetricFamily as MetricFamily
from sparkmon.performance.outcomes import ClassOutcomes as ClassOutcomes, NumberOutcomes as NumberOutcomes
from sparkmon.performance.pape import WeightedCalibrators as WeightedCalibrators
from sparkmon.performance.performance import Performance as Performance
from sparkmon.performance.quantiles import quantiles as quantiles
from sparkmon.performance.ranking import ranking as ranking
from sparkmon.performance.regression import regression as regression
from sparkmon.performance.segments import Effect as Effect, Segment as Segment, Segments as Segments
from sparkmon.performance.validation import ClassifierEstimator as ClassifierEstimator, Validation as Validation
