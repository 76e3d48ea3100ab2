"""How a monitor summarises rows: by its references' slices and projections."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame

from sparkmon.profiles import profile_rows, projections_of, slices_of

__all__ = ["row_profiles"]


def row_profiles(
    references: pa.Table, window: str, slide: str | None, k: int
) -> Callable[[DataFrame], DataFrame]:
    """Return a function of rows to their profiles; ``references`` as :func:`sparkmon.with_slices` gives them."""
    return partial(
        profile_rows,
        window=window,
        slide=slide,
        slices=slices_of(references),
        projections=projections_of(references),
        k=k,
    )
