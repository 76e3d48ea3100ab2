"""The options of the ``kserve`` data source, checked on the driver before a query starts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast, get_args

import pyarrow as pa
from pyarrow import fs

from sparkmon.errors import OptionError
from sparkmon.logs.objects import SUFFIXES
from sparkmon.logs.spool_reader import list_segments
from sparkmon.records import Feature, FeatureKind, ModelSchema

_SCHEMAS = (
    'a JSON object such as {"iris": {"features": [["sepal_length", "numeric"]], '
    '"predictions": [["species", "categorical"]]}}'
)


@dataclass(frozen=True)
class InferenceLogOptions:
    """Options of ``spark.read.format("kserve")`` and ``readStream``, named as here in camelCase.

    Names are matched in any case, because Spark may lower it.

    Examples
    --------
    >>> options = InferenceLogOptions.parse({"path": "/tmp", "format": "spool", "maxeventspertrigger": "500"})
    >>> options.max_events_per_trigger, options.starting_offset
    (500, 'earliest')
    >>> InferenceLogOptions.parse({"path": "/tmp", "format": "avro"})
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got format='avro'; expected auto, spool, objects
    """

    path: str
    """Required. A directory that exists: a local path, or a URL of any filesystem of pyarrow (``file``, ``s3``,
    ``gs``, ``abfs``, ``hdfs``)."""
    format: str = "auto"
    """``spool`` (the receiver's), ``objects`` (KServe's store logger), or ``auto``: a spool if ``*.spool`` files
    are there or it is empty, objects if ``*.json``, ``*.csv`` or ``*.parquet`` are there or below."""
    output: str = "events"
    """``events``: the CloudEvents, bodies untouched. ``rows``: decoded, one row per instance."""
    max_events_per_trigger: int | None = None
    """Streaming only: at most this many events per micro-batch; one block or object is never split."""
    starting_offset: str = "earliest"
    """Streaming only, for a query without a checkpoint: ``earliest`` or ``latest``."""
    partition_bytes: int = 16 * 2**20
    """About how many bytes, as stored, one task reads."""
    settle_seconds: float = 2.0
    """Objects only: an object is read once it has not changed for this long. Must exceed the skew between the clocks of
    the driver and the store plus the time of an upload; otherwise objects that appear late are skipped."""
    schemas: Mapping[str, ModelSchema] = field(default_factory=dict)
    """With ``output=rows``: JSON text, the columns of each model in the order of its payloads, as pairs of name and
    ``numeric`` or ``categorical``:
    ``{"iris": {"features": [["sepal_length", "numeric"]], "predictions": [["species", "categorical"]]}}``."""

    @classmethod
    def parse(cls, options: Mapping[str, str]) -> InferenceLogOptions:
        """Read Spark's option strings.

        Raises
        ------
        OptionError
            An option is unknown, malformed or missing, or the directory does not exist.
        """
        strings = {name.lower(): value for name, value in options.items()}
        if unknown := sorted(strings.keys() - {name.lower() for name in _NAMES}):
            raise OptionError.unknown(unknown[0], _NAMES)
        if not strings.get("path"):
            raise OptionError.missing("path", "the directory of a spool or of stored objects")
        raw = _Strings(strings)
        parsed = cls(
            path=strings["path"],
            format=raw.choice("format", "auto", "spool", "objects"),
            output=raw.choice("output", "events", "rows"),
            max_events_per_trigger=raw.positive("maxEventsPerTrigger"),
            starting_offset=raw.choice("startingOffset", "earliest", "latest"),
            partition_bytes=raw.positive("partitionBytes") or cls.partition_bytes,
            settle_seconds=raw.seconds("settleSeconds", cls.settle_seconds),
            schemas=_schemas(strings.get("schemas", "{}")),
        )
        filesystem, directory = parsed.open()
        return _detected(parsed, filesystem, directory)

    def open(self) -> tuple[fs.FileSystem, str]:
        """Return the filesystem and the directory on it.

        Raises
        ------
        OptionError
            The URL is of a filesystem pyarrow does not know, or there is no such directory.
        """
        url = self.path if "://" in self.path else str(Path(self.path).absolute())
        path = re.sub(r"//[^/@]*@", "//***@", self.path)
        try:
            filesystem, directory = fs.FileSystem.from_uri(url)
        except (pa.ArrowException, ValueError) as exc:
            expected = "a local directory or a URL of file, s3, gs, abfs or hdfs"
            raise OptionError.malformed("path", path, expected) from exc
        if filesystem.get_file_info(directory).type != fs.FileType.Directory:
            raise OptionError.malformed("path", path, "a directory that exists")
        return filesystem, directory


_NAMES = [
    re.sub(r"_(\w)", lambda match: match[1].upper(), name)
    for name in InferenceLogOptions.__dataclass_fields__
]


class _Strings:
    def __init__(self, strings: Mapping[str, str]) -> None:
        self._strings = strings

    def choice(self, name: str, *choices: str) -> str:
        value = self._strings.get(name.lower(), choices[0])
        if value.lower() not in choices:
            raise OptionError.malformed(name, value, ", ".join(choices))
        return value.lower()

    def positive(self, name: str) -> int | None:
        value = self._strings.get(name.lower())
        if value is None:
            return None
        if not re.fullmatch(r"[0-9]{1,18}", value) or int(value) == 0:
            raise OptionError.malformed(name, value, "a whole number above 0")
        return int(value)

    def seconds(self, name: str, default: float) -> float:
        value = self._strings.get(name.lower(), str(default))
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
            raise OptionError.malformed(name, value, "a number of seconds, 0 or more")
        return float(value)


def _detected(
    options: InferenceLogOptions, filesystem: fs.FileSystem, directory: str
) -> InferenceLogOptions:
    if options.format != "auto":
        return options
    if list_segments(filesystem, directory):
        return replace(options, format="spool")
    below = filesystem.get_file_info(fs.FileSelector(directory, recursive=True))
    if any(info.base_name.endswith(SUFFIXES) for info in below):
        return replace(options, format="objects")
    if all(info.base_name == "spool.lock" for info in below):
        return replace(options, format="spool")
    raise OptionError(
        f"{directory} holds neither *.spool nor *{', *'.join(SUFFIXES)}; set format to spool or objects"
    )


def _schemas(text: str) -> dict[str, ModelSchema]:
    try:
        models = json.loads(text)
        return {model: _schema(model, **columns) for model, columns in models.items()}
    except (ValueError, TypeError, AttributeError) as exc:
        raise OptionError.malformed("schemas", text, _SCHEMAS) from exc


def _schema(
    model: str, features: Sequence[Sequence[str]] = (), predictions: Sequence[Sequence[str]] = ()
) -> ModelSchema:
    return ModelSchema(model, _columns(features), _columns(predictions))


def _columns(pairs: Sequence[Sequence[str]]) -> tuple[Feature, ...]:
    columns = tuple(Feature(name, cast("FeatureKind", kind)) for name, kind in pairs)
    for column in columns:
        if not isinstance(column.name, str) or column.kind not in get_args(FeatureKind):
            raise OptionError.malformed("schemas", (column.name, column.kind), _SCHEMAS)
    return columns
