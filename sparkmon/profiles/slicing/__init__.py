"""Slices: expressions over features, read without Spark's parser, and the columns that they make."""

from sparkmon.profiles.slicing.slices import Slice, Slices, slices_of, with_slices

__all__ = ["Slice", "Slices", "slices_of", "with_slices"]
