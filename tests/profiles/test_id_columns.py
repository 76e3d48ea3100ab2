"""Columns of ids, and columns of measurements that look like them."""

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession

from sparkmon.profiles import id_columns, reference_of

ROWS = 2000


def test_numbers_that_come_once_are_ids_where_random_ones_would_come_again(spark: SparkSession) -> None:
    random = np.random.default_rng(3)
    row_number = random.permutation(ROWS)
    ids = {
        "row_number": row_number + 70_000,
        "with_gaps": row_number * 17 + row_number % 5,
        "as_floats_with_nulls": np.where(row_number % 10 == 0, np.nan, row_number * 2.0),
    }
    measured = {
        "age": random.integers(18, 90, ROWS),
        "distance_m": random.integers(0, 10 * ROWS, ROWS),  # a hundred equal pairs among 20,000 numbers
        "rare_event_cents": random.integers(0, 10**9, ROWS),  # none is expected among so many numbers
        "temperature": random.normal(15, 8, ROWS),
        "amount": np.exp(random.normal(3, 2, ROWS)).round(),
        "constant": np.ones(ROWS),
    }
    columns = {name: pa.array(values, from_pandas=True) for name, values in {**ids, **measured}.items()}
    table = spark.createDataFrame(pa.table(columns))
    references = reference_of(table, "m").toArrow()
    assert id_columns(references, table) == [*ids]
