"""Some rows of a training table as cells, such as a model is asked with."""

from collections.abc import Sequence

from pyspark.sql import DataFrame, functions as F

from sparkmon.compat import to_arrow
from sparkmon.errors import OptionError
from sparkmon.profiles.cells import cell_columns, cells_of, one_batch
from sparkmon.protocol import Cells
from sparkmon.records import Feature


def training_rows(table: DataFrame, features: Sequence[Feature], most: int) -> Cells:
    """Return the features of at most so many rows, chosen by a hash of their places; OptionError if one is missing.

    >>> cells = training_rows(spark.range(100).selectExpr("id / 2 AS x", "id AS other"), [Feature("x", "numeric")], 10)
    >>> cells.names, len(cells)
    (('x',), 10)
    """
    missing = [each.name for each in features if each.name not in table.columns]
    if missing:
        raise OptionError(f"got a table without the features {', '.join(missing[:5])}; it has {table.columns}")
    kinds = {each.name: each.kind for each in features}
    some = table.orderBy(F.xxhash64(F.monotonically_increasing_id())).limit(most)
    batch = one_batch(to_arrow(some.select(*cell_columns(table, kinds, "feature"))))
    return cells_of(batch, [*kinds], "feature")
