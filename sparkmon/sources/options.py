"""The options of the ``kserve`` data source, checked on the driver before a query starts."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias, get_args

import pyarrow as pa
from pyarrow import fs

from sparkmon.errors import OptionError
from sparkmon.logs.objects import SUFFIXES
from sparkmon.logs.spool_notes import is_reader_name
from sparkmon.logs.spool_reader import list_segments
from sparkmon.records import Feature, FeatureKind, ModelSchema

_Reader: TypeAlias = tuple[str, Callable[[str], Any]]


@dataclass(frozen=True)
class InferenceLogOptions:
    """Options of ``spark.read.format("kserve")`` and ``readStream``, named as here in camelCase.

    Names are matched in any case, because Spark may lower it.

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
    reader: str = "default"
    """Streaming from a spool only: the name of the note (``NAME.committed``) that the query leaves there on what it has
    read. Several queries on one spool need names of their own: at its limit the receiver removes first what all of them
    have read. Without write access to the directory there is no note."""
    schemas: Mapping[str, ModelSchema] = field(default_factory=dict)
    """With ``output=rows``: JSON text, the columns of each model in the order of its payloads, as pairs of name and
    kind (``numeric``, ``categorical``, ``code``, ``boolean`` or ``time``):
    ``{"iris": {"features": [["sepal_length", "numeric"]], "predictions": [["species", "categorical"]]}}``."""

    @classmethod
    def parse(cls, options: Mapping[str, str]) -> "InferenceLogOptions":
        """Read Spark's option strings; OptionError if one is unknown, malformed or missing, or no directory."""
        values = {}
        for key, value in options.items():
            name = _NAMES.get(key.lower())
            if name is None:
                raise OptionError.unknown(key.lower(), _READERS)
            expected, read = _READERS[name]
            field_name = re.sub("(?=[A-Z])", "_", name).lower()
            values[field_name] = read(value)
            if values[field_name] is None:
                raise OptionError.malformed(name, value, expected)
        if not values.get("path"):
            raise OptionError.missing("path", "the directory of a spool or of stored objects")
        parsed = cls(**values)
        return replace(parsed, format=_format_in(*parsed.open())) if parsed.format == "auto" else parsed

    def open(self) -> tuple[fs.FileSystem, str]:
        """Return the filesystem and the directory on it; OptionError if pyarrow knows no such one, or none is there."""
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


def _choice(*choices: str) -> _Reader:
    return ", ".join(choices), lambda text: text.lower() if text.lower() in choices else None


def _number(expected: str, pattern: str, number: type[int] | type[float]) -> _Reader:
    return expected, lambda text: number(text) if re.fullmatch(pattern, text) else None


def _schemas(text: str) -> dict[str, ModelSchema] | None:
    try:
        return {
            model: ModelSchema(model, **{side: tuple(_feature(*pair) for pair in sides[side]) for side in sides})
            for model, sides in json.loads(text).items()
        }
    except (ValueError, TypeError, AttributeError):
        return None


def _feature(name: str, kind: FeatureKind) -> Feature:
    if not isinstance(name, str) or kind not in get_args(FeatureKind):
        raise OptionError.malformed("schemas", (name, kind), "a name and a kind")
    return Feature(name, kind)


_WHOLE = _number("a whole number above 0", r"(?=.*[1-9])[0-9]{1,18}", int)
_READERS: Mapping[str, _Reader] = {
    "path": ("a path or URL", str),
    "format": _choice("auto", "spool", "objects"),
    "output": _choice("events", "rows"),
    "maxEventsPerTrigger": _WHOLE,
    "startingOffset": _choice("earliest", "latest"),
    "partitionBytes": _WHOLE,
    "settleSeconds": _number("a number of seconds, 0 or more", r"[0-9]{1,9}(\.[0-9]{1,9})?", float),
    "reader": ("1 to 64 of A-Z, a-z, 0-9, - and _", lambda text: text if is_reader_name(text) else None),
    "schemas": ('a JSON object such as {"iris": {"features": [["sepal_length", "numeric"]]}}', _schemas),
}
"""Name to what is expected, and how a string is read; None where it cannot be."""
_NAMES = {name.lower(): name for name in _READERS}


def _format_in(filesystem: fs.FileSystem, directory: str) -> str:
    if list_segments(filesystem, directory):
        return "spool"
    below = filesystem.get_file_info(fs.FileSelector(directory, recursive=True))
    if any(info.base_name.endswith(SUFFIXES) for info in below):
        return "objects"
    if all(info.base_name.endswith((".lock", ".committed")) for info in below):
        return "spool"
    raise OptionError(f"{directory} holds neither *.spool nor *{', *'.join(SUFFIXES)}; set format to spool or objects")
