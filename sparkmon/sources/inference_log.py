"""The Spark data source ``kserve``: the receiver's spool, or the objects of KServe's store logger, as a DataFrame.

It exists so that inference logs reach Spark, in batch and as a stream, without Kafka in between.
"""

# Spark gave these methods their names.
# ruff: noqa: N802

from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql.datasource import DataSource, DataSourceReader, DataSourceStreamReader, InputPartition
from pyspark.sql.types import StructType

from sparkmon.compat import HAS_READ_LIMITS
from sparkmon.errors import OptionError
from sparkmon.logs.log import InferenceLog, Offset
from sparkmon.logs.objects import ObjectLog
from sparkmon.logs.spool_reader import SpoolLog
from sparkmon.protocol.batch_reader import decode_events
from sparkmon.protocol.limits import DEFAULT_LIMITS
from sparkmon.protocol.schema import DECODED as ARROW_DECODED, EVENTS as ARROW_EVENTS
from sparkmon.schemas import DECODED, EVENTS
from sparkmon.sources.options import InferenceLogOptions

_BATCH_ROWS = 10_000
_BATCH_BYTES = 64 * 2**20


class InferenceLogDataSource(DataSource):
    """Inference logs by ``spark.read`` or ``spark.readStream.format("kserve")``.

    Options
    -------
    See :class:`sparkmon.sources.options.InferenceLogOptions`; ``path`` is required. They are checked here, on
    the driver.

    Columns
    -------
    ``output=events``: :data:`sparkmon.schemas.EVENTS`. ``output=rows``: :data:`sparkmon.schemas.DECODED`.

    Offsets
    -------
    Spool: ``{"segment": number, "position": byte, "identity": text}``; a segment of another identity is an error.
    Objects: ``{"modified_ns": nanoseconds since 1970, "path": path}``.

    Delivery
    --------
    At least once: a micro-batch that failed is read again, from the same offsets and with the same events as long as
    retention has not taken them. What KServe or a sender delivered twice comes twice; drop duplicates by
    ``event_id``, ``event_type`` and ``source``.

    Several queries
    ---------------
    Start them one after the other, the second once ``status`` of the first has left "Initializing sources", as a
    monitor does: in Spark 4.2 streams that open at once can break what they share, and every task then ends with
    ``java.io.OptionalDataException``.

    Examples
    --------
    A stream::

        spark.dataSource.register(InferenceLogDataSource)
        events = spark.readStream.format("kserve").option("path", "/var/lib/sparkmon/spool").load()
    """

    def __init__(self, options: MutableMapping[str, str]) -> None:
        super().__init__(options)
        self._parsed = InferenceLogOptions.parse(options)
        # Spark calls this in a process of the driver, before a stream starts.
        link_py_files(Path(__file__))

    @classmethod
    def name(cls) -> str:
        """Return ``kserve``."""
        return "kserve"

    def schema(self) -> StructType:
        """Return the columns of the chosen output."""
        return EVENTS if self._parsed.output == "events" else DECODED

    def reader(self, schema: StructType) -> DataSourceReader:
        """Return the reader of ``spark.read``."""
        return InferenceLogReader(self._parsed)

    def streamReader(self, schema: StructType) -> DataSourceStreamReader:
        """Return the reader of ``spark.readStream``."""
        if HAS_READ_LIMITS:
            from sparkmon.sources.limited_stream import LimitedStreamReader

            return LimitedStreamReader(self._parsed)
        if self._parsed.max_events_per_trigger is not None:
            raise OptionError("got maxEventsPerTrigger, which needs Spark 4.2 or newer; omit it")
        return InferenceLogStreamReader(self._parsed)


class _LogReader:
    """What both readers share: the log, how it is cut on the driver, and how a part is read on the workers."""

    def __init__(self, options: InferenceLogOptions) -> None:
        self._options = options
        self._log = _log_of(options)

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Yield one partition's Arrow batches; on the workers."""
        if partition.value is None:  # Spark's placeholder if there are no partitions
            return
        target = ARROW_EVENTS if self._options.output == "events" else ARROW_DECODED
        for events in _gathered(self._log.read(partition.value)):
            for batch in self._output(events):
                columns = zip(batch.columns, target, strict=True)
                yield pa.RecordBatch.from_arrays([column.cast(field.type) for column, field in columns], schema=target)

    def _cut(self, start: Offset, end: Offset) -> list[InputPartition]:
        parts = self._log.parts(start, end, self._options.partition_bytes)
        return [InputPartition(part) for part in parts]

    def _output(self, events: pa.RecordBatch) -> Iterable[pa.RecordBatch]:
        if self._options.output == "events":
            return [events]
        return (each.rows() for each in decode_events(events, self._options.schemas, DEFAULT_LIMITS))


class InferenceLogReader(_LogReader, DataSourceReader):
    """Reads everything that is there when the query starts, oldest first within a partition."""

    def partitions(self) -> list[InputPartition]:
        """Cut the log; on the driver, once a query."""
        return self._cut(self._log.first(), self._log.last())


class InferenceLogStreamReader(_LogReader, DataSourceStreamReader):
    """Reads what was added since the last micro-batch, all of it.

    If an offset's segment is gone (retention was shorter than the query's pause), ``latestOffset`` and ``partitions``
    raise SpoolError; the stream does not silently skip the gap.
    """

    def initialOffset(self) -> Offset:
        """Return where a query without checkpoint begins; on the driver, once."""
        earliest = self._options.starting_offset == "earliest"
        return self._log.first() if earliest else self._log.last()

    def latestOffset(self) -> Offset:  # type: ignore[override]  # as Spark 4.0 and 4.1 call it
        """Return the end of the log; on the driver, at every trigger."""
        return self._log.last()

    def commit(self, end: dict[str, Any]) -> None:
        """Note up to where the query has read; on the driver, once a micro-batch."""
        self._log.commit(end, self._options.reader)

    def partitions(self, start: dict[str, Any], end: dict[str, Any]) -> list[InputPartition]:
        """Cut what lies between two offsets; on the driver, once a micro-batch."""
        return self._cut(start, end)


def link_py_files(module: Path) -> None:
    """Let streams find the package when ``module`` is in an archive of ``spark-submit --py-files``.

    Spark 4.2 plans a Python stream in a process that looks for such archives in the folder ``streaming_job`` of the
    driver's files, while they lie in the folder above: batch queries run, streams fail with ModuleNotFoundError. A link
    of that name makes streams find them.
    """
    archive = next((parent for parent in module.parents if parent.is_file()), None)
    if archive is None or not archive.parent.name.startswith("userFiles-"):
        return
    with suppress(FileExistsError):
        (archive.parent / "streaming_job").symlink_to(".", target_is_directory=True)


def _log_of(options: InferenceLogOptions) -> InferenceLog[Any]:
    filesystem, directory = options.open()
    if options.format == "objects":
        return ObjectLog(filesystem, directory, options.settle_seconds)
    return SpoolLog(filesystem, directory)


def _gathered(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Join small batches and cut large ones: each batch costs Spark a message."""
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        waiting.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= _BATCH_ROWS or size >= _BATCH_BYTES:
            yield from _joined(waiting)
            waiting, rows, size = [], 0, 0
    if waiting:
        yield from _joined(waiting)


def _joined(batches: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    return pa.Table.from_batches(batches).combine_chunks().to_batches(max_chunksize=_BATCH_ROWS)
