"""A first ``monitor.yaml`` for a model, from its InferenceService where there is one."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import yaml

from sparkmon.errors import OptionError

_LARGEST = 2**20
_HOPS = ("predictor", "transformer", "explainer")


@dataclass(frozen=True)
class Service:
    """What an InferenceService says of how its model can be monitored."""

    model: str
    namespace: str = ""
    loggers: tuple[tuple[str, str], ...] = ()
    """The hops whose calls are logged, each with the mode of its logger, such as ``("predictor", "all")``."""
    view: str = ""
    """The feature view that sparkmon's transformer serves, as ``NAME:VERSION``."""
    store: str = ""
    """The feature store of the transformer."""


def profile_options(table: Path) -> str:
    """Return how ``sparkmon profile`` reads a Parquet or CSV file, or a directory of them: its path, and its times.

    The first column of times or dates is the one of ``--time``. OptionError if the table cannot be read.
    """
    try:
        schema = ds.dataset(table, format="csv" if table.suffix == ".csv" else "parquet").schema
    except (OSError, pa.ArrowException) as error:
        raise OptionError(f"cannot read {table}: {error}") from error
    times = [field.name for field in schema if pa.types.is_timestamp(field.type) or pa.types.is_date(field.type)]
    return shlex.join([str(table), *(["--time", times[0]] if times else [])])


def read_service(path: Path) -> Service:
    """Read the InferenceService in a YAML file, which may have other objects, too; OptionError if there is none."""
    try:
        text = path.read_bytes()[: _LARGEST + 1]
        objects = list(yaml.safe_load_all(text.decode())) if len(text) <= _LARGEST else []
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        raise OptionError(f"cannot read {path}: {error}") from error
    for each in objects:
        if isinstance(each, dict) and each.get("kind") == "InferenceService":
            return _service(each, path)
    raise OptionError(f"{path} has no InferenceService of at most {_LARGEST} bytes")


def _service(manifest: dict[str, Any], path: Path) -> Service:
    metadata, spec = (_mapping(manifest.get(name)) for name in ("metadata", "spec"))
    if not isinstance(metadata.get("name"), str):
        raise OptionError(f"the InferenceService in {path} has no metadata.name")
    loggers = tuple(
        (hop, str(_mapping(logger).get("mode", "all")))
        for hop in _HOPS
        if (logger := _mapping(spec.get(hop)).get("logger")) is not None
    )
    options = dict(_options(_mapping(spec.get("transformer"))))
    view, version = options.get("--feature_view", ""), options.get("--feature_view_version", "1")
    return Service(
        metadata["name"],
        str(metadata.get("namespace", "")),
        loggers,
        f"{view}:{version}" if view else "",
        options.get("--store", "") if view else "",
    )


def _options(transformer: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Return the options of the containers' command lines that stand before a value."""
    containers = transformer.get("containers")
    for container in containers if isinstance(containers, list) else ():
        args = _mapping(container).get("args")
        words = [str(word) for word in args if isinstance(word, str | int)] if isinstance(args, list) else []
        for word, after in zip(words, [*words[1:], ""], strict=True):
            name, equals, value = word.partition("=")
            yield (name, value) if equals else (word, after)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def first_file(service: Service, file: str, schema: str, table: str = "TRAINING.parquet") -> str:
    """Write a ``monitor.yaml``, with the next steps as comments.

    ``file`` is its name, ``schema`` where its JSON Schema stands, ``table`` how the command line names the training
    table.
    """
    store = service.store or "store"
    lines = [
        f"# yaml-language-server: $schema={schema}",
        "#",
        f"# 1. What the model learnt from:  sparkmon profile {table} --as {service.model} --store {store}",
        "# 2. What it is asked:            sparkmon receive spool, the url of the InferenceService's logger",
        f"# 3. What this will do:           sparkmon plan {file}",
        f"# 4. Run it:                      sparkmon run {file}",
        "",
        "source: {format: kserve, path: spool}",
        f"store: {{path: {_quoted(store)}}}",
        "tables: ./tables",
        *([f"namespaces: [{_quoted(service.namespace)}]"] if service.namespace else []),
        *([f"views: {{{_quoted(service.model)}: {_quoted(service.view)}}}"] if service.view else []),
        "windows: {length: 1 hour, delay: 10 minutes}",
        "checks: {false_alarms_per_week: 1}",
        "alerting:",
        "  sinks:",
        "    - sink: console",
        "    # - {sink: slack, url: {env: SLACK_WEBHOOK}}",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Write a text as YAML, in quotes where it needs them."""
    return yaml.safe_dump(text, default_flow_style=True, width=10_000).splitlines()[0]
