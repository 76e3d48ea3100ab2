"""Training-serving skew: the features that a model got, compared with the store's values of the same entity."""

from sparkmon.skew.skew_detector import SkewDetector as SkewDetector
