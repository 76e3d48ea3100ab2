"""The columns of a pandas table as cells, for what judges rows in memory."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sparkmon.protocol import Cells


def cells_of(table: pd.DataFrame) -> Cells:
    """Return the numbers of a table, and the texts of its columns of objects."""
    is_text = [table[name].dtype == object for name in table]
    columns = [
        np.full(len(table), np.nan) if text else table[name].to_numpy(float)
        for name, text in zip(table, is_text, strict=True)
    ]
    texts: dict[int, Any] = {at: pa.array(table.iloc[:, at]) for at, text in enumerate(is_text) if text}
    matrix = np.column_stack(columns)
    return Cells(tuple(map(str, table)), matrix, ~np.isnan(matrix), texts)
