"""Slices: expressions over features, read without Spark's parser and evaluated on blocks of rows."""

from sparkmon.slicing.block_slices import BlockSlices as BlockSlices, Evaluation as Evaluation
from sparkmon.slicing.slices import (
    Slice as Slice,
    Slices as Slices,
    parse_slices as parse_slices,
    slices_of as slices_of,
    with_slices as with_slices,
)
