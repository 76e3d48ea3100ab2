"""Training-serving skew: the features a model was given, beside those the store holds for the same entity."""

from sparkmon.skew.skew_marker import SkewMarker

__all__ = ["SkewMarker"]
