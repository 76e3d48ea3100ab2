"""Slices: expressions over features, read without Spark's parser and evaluated on blocks of rows."""

from sparkmon.slicing.block_slices import BlockSlices, Evaluation
from sparkmon.slicing.slices import Slice, Slices, parse_slices, slices_of, with_slices

__all__ = ["BlockSlices", "Evaluation", "Slice", "Slices", "parse_slices", "slices_of", "with_slices"]
