"""What a monitor will do, known from its references alone: rows a day, the smallest change found, false alarms."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from statistics import median

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sparkmon.comparison import WINDOW_ROWS, Promise, promise
from sparkmon.distributions.schema import PROFILE, PROFILES
from sparkmon.monitor.monitor import Monitor

_DAY = timedelta(days=1)
_NOON = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)


@dataclass(frozen=True)
class ModelPlan:
    """What a monitor will do for one model."""

    model: str
    columns: int
    """Columns that are summarised in each window, the row flags among them."""
    slices: int
    window_rows: int
    """The rows of a window: as asked for, or as many as a block of the reference has in the median."""
    windows_a_day: float
    """Windows of all lengths."""
    rows_a_day: dict[str, float]
    """Rows that the tables ``panes``, ``profiles`` and ``drift_metrics`` get; those of panes go when no window needs
    them."""
    bytes_a_day: dict[str, float]
    """What these take as compressed Parquet."""
    promise: Promise
    """The false alarms to expect in a week, and the smallest change that is found, by column."""


def plan(monitor: Monitor, *, window_rows: int | None = None) -> Iterator[ModelPlan]:
    """Plan a monitor, model by model in the order of their names; a column takes about a second.

    Parameters
    ----------
    monitor : Monitor
        What is planned; needs no Spark.
    window_rows : int, optional
        How many rows a window will have. By default as many as a block of the reference has, or 1,000.

    Notes
    -----
    The reference itself is judged as if it were a window: so many findings as it has, each window will have. Where
    models have references for several versions, the first stands for all.

    Examples
    --------
    >>> import tempfile, sparkmon
    >>> folder = tempfile.mkdtemp()
    >>> store = sparkmon.LocalStore(f"{folder}/store")
    >>> table = spark.range(10_000).selectExpr("id / 100 AS temp")
    >>> store.write_reference(sparkmon.reference_of(table, "flights").toArrow())
    >>> planned = next(plan(sparkmon.Monitor(store, f"{folder}/tables")))
    >>> planned.model, planned.windows_a_day, planned.window_rows
    ('flights', 24.0, 1000)
    """
    references = monitor.judge.references
    for model in monitor.models:
        own = references.filter(pc.field("model") == model)
        own = own.filter(pc.field("model_version") == pc.min(own["model_version"]))
        window = _as_window(own, monitor.windows.lengths[0])
        rows = window_rows or _rows_of_blocks(own) or WINDOW_ROWS
        findings = monitor.judge.findings(window)
        windows = _DAY / monitor.windows.step + sum(_DAY / length for length in monitor.windows.lengths[1:])
        batches, batch_rows = _batches(monitor, rows)
        yield ModelPlan(
            model,
            columns=window.filter(pc.field("slice_key").is_null()).num_rows,
            slices=window.group_by(["slice_key", "slice_value"]).aggregate([]).num_rows - 1,
            window_rows=rows,
            windows_a_day=windows,
            rows_a_day={
                "panes": batches * window.num_rows,
                "profiles": windows * window.num_rows,
                "drift_metrics": windows * findings.num_rows,
            },
            bytes_a_day={
                "panes": batches * _bytes(_with_sketches_of(window, batch_rows, monitor.windows.k)),
                "profiles": windows * _bytes(_with_sketches_of(window, rows, monitor.windows.k)),
                "drift_metrics": windows * _bytes(findings),
            },
            promise=promise(own, monitor.checks.false_alarms_per_week, window_rows=window_rows),
        )


def _batches(monitor: Monitor, window_rows: int) -> tuple[float, int]:
    """Return the batches of a day that have rows, and the rows of one; at most one batch a trigger."""
    rows_a_day = window_rows * (_DAY / monitor.windows.lengths[0])
    batches = min(_DAY / monitor.trigger, rows_a_day)
    return batches, max(1, round(rows_a_day / batches))


def _as_window(references: pa.Table, length: timedelta) -> pa.Table:
    """Return the references of one model as the profiles of a window."""
    whole = references.filter(pc.field("block_start").is_null())
    times = {"window_start": _NOON, "window_end": _NOON + length}
    for name, time in times.items():
        field = PROFILES.field(name)
        whole = whole.append_column(field, pa.repeat(pa.scalar(time, field.type), whole.num_rows))
    return whole.select(PROFILES.names).cast(PROFILES)


def _rows_of_blocks(references: pa.Table) -> int | None:
    blocks = references.filter(pc.is_valid(references["block_start"])).filter(pc.field("slice_key").is_null())
    counts = pc.struct_field(blocks["profile"], "count").to_pylist()
    return int(median(counts)) if counts else None


def _with_sketches_of(window: pa.Table, rows: int, k: int) -> pa.Table:
    """Cut the sketches of a reference to the numbers that those of a window keep: all, or some three times k."""
    parts = {field.name: pc.struct_field(window["profile"], field.name) for field in PROFILE}
    parts["sketch"] = pc.binary_slice(parts["sketch"], 0, 8 * min(rows, 3 * k))
    cut = pa.StructArray.from_arrays([each.combine_chunks() for each in parts.values()], fields=[*PROFILE])
    return window.set_column(window.schema.get_field_index("profile"), window.schema.field("profile"), cut)


def _bytes(table: pa.Table) -> int:
    """Return what the rows add to a large file."""
    return _file_size(table) - _file_size(table.slice(0, 0))


def _file_size(table: pa.Table) -> int:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", use_dictionary=False, write_statistics=False)
    return sink.getvalue().size
