"""make_reference_pages.py [--check]: writes docs/reference from the code, or fails if a page is not what the code has.

Each fact is in one place, the code: a schema, a registry, a dataclass, a metric. These pages are made of it.
"""

import argparse
import inspect
import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import typer
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from pyspark.sql.types import StructType

import sparkmon.statistics
from scripts.docstrings import comments, manual, paragraphs, plain, summary
from sparkmon import alerts, comparison, config, detectors, distributions, errors, protocol, schemas, state
from sparkmon.adversaries import CLIENT_STATISTICS
from sparkmon.alerts import Alerting, Policy, Route, SeverityRule
from sparkmon.attributions import ModelEndpoint
from sparkmon.cli.app import app
from sparkmon.health import HealthLimits
from sparkmon.health.metrics import families
from sparkmon.health.status import MonitorStatus
from sparkmon.interval import format_interval
from sparkmon.labels import LabelSource
from sparkmon.monitor import Windows
from sparkmon.payload_logger.emitter_metrics import EmitterMetrics
from sparkmon.payload_logger.event_emitter import EventEmitter
from sparkmon.performance import METRICS
from sparkmon.receiver.metrics import ReceiverMetrics
from sparkmon.serving.metrics import TransformerMetrics
from sparkmon.sinks import SINKS
from sparkmon.sources import SOURCES
from sparkmon.statistics import STATISTICS
from sparkmon.tables import Retention

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
COLUMNS = yaml.safe_load(Path(__file__).with_name("columns.yaml").read_text())
MADE = "<!-- Made by scripts/make_reference_pages.py; do not edit. -->"
TABLES = (
    *(
        "PROFILES",
        "DRIFT_METRICS",
        "PERFORMANCE",
        "ATTRIBUTIONS",
        "OUTLIERS",
        "ALERTS",
        "DELIVERIES",
        "ALERT_ACTIONS",
        "DEAD_LETTERS",
    ),
    *("PANES", "CLOSED_WINDOWS", "EVENT_DIGESTS", "MONITORS", "REFERENCES", "ROWS", "DECODED", "EVENTS"),
)


def main() -> None:
    """Write the pages, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page differs")
    check = parser.parse_args().check
    different = []
    for name, text in pages().items():
        path = FOLDER / name
        if check and (not path.exists() or path.read_text() != text):
            different.append(name)
        elif not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if different:
        raise SystemExit(f"{', '.join(different)} differ; run make reference")


def pages() -> dict[str, str]:
    """Return all pages by their file's name."""
    made = {
        "tables.md": page("Tables", tables()),
        "monitor-yaml.md": page("monitor.yaml", configuration()),
        "statistics.md": page("Statistics", each_statistic()),
        "detectors.md": page("Detectors of outliers, statistics of clients", each_detector()),
        "performance.md": page("Metrics of performance", each_family()),
        "metrics.md": page("Metrics", metrics()),
        "errors.md": page("Errors and conditions", conditions()),
        "command-line.md": page("Command line", commands()),
    }
    lines = [
        "`scripts/make_reference_pages.py` makes these pages from the code; a test holds that they are up to date.",
        "",
        *(f"- [{text.splitlines()[2].removeprefix('# ')}]({name})" for name, text in made.items()),
    ]
    return {"README.md": page("Reference", lines), **made}


def page(title: str, lines: Iterable[str]) -> str:
    """Return a page."""
    return "\n".join([MADE, "", f"# {title}", "", *lines]).rstrip() + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Write a table."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def tables() -> Iterator[str]:
    """Each table with its columns."""
    modules = (protocol.schema, distributions.schema, comparison.schema, detectors.schema, alerts.schema, state)
    notes = {name: text for each in modules for name, text in comments(each).items()}
    for name in TABLES:
        schema: StructType = getattr(schemas, name)
        yield from (f"## `{name.lower()}`", "")
        if name in notes:
            yield notes[name]
            yield ""
        yield from table(
            ("column", "type", "null", "meaning"),
            (
                (
                    f"`{field.name}`",
                    f"`{field.dataType.simpleString()}`",
                    "yes" if field.nullable else "no",
                    COLUMNS[field.name],
                )
                for field in schema.fields
            ),
        )


def each_statistic() -> Iterator[str]:
    """Yield what all statistics have in common, then each page in the code but for its sources and examples."""
    yield from paragraphs(inspect.getdoc(sparkmon.statistics) or "")
    for name in STATISTICS:
        yield f"## `{name}`\n"
        yield from manual(STATISTICS.get(name).function)


def each_detector() -> Iterator[str]:
    """Yield the page of each detector, and a table of what clients are judged by."""
    yield "[Outliers](../outliers.md) says which of them look by default, and how their scores are put together.\n"
    for name in detectors.DETECTORS:
        yield f"## `{name}`\n"
        yield from manual(detectors.DETECTORS.get(name))
    yield "## Statistics of clients\n"
    yield "[Adversaries](../adversaries.md) says how groups of them become an attack.\n"
    each = [CLIENT_STATISTICS.get(name) for name in CLIENT_STATISTICS]
    yield from table(
        ("statistic", "group", "suspicious", "needs answers", "meaning"),
        (
            (f"`{of.name}`", of.group, of.side, "yes" if of.needs_scores else "no", summary(of.function)[7:])
            for of in sorted(each, key=lambda of: (of.group, of.name))
        ),
    )


def each_family() -> Iterator[str]:
    """Yield the page of each family of metrics."""
    yield "[Performance](../performance.md) says when they are measured, and when estimated.\n"
    for name in METRICS:
        family = METRICS.get(name)
        yield f"## {family.task.capitalize()}: `{name}`\n"
        yield from itertools.islice(manual(family.sums), 1, None)  # the first is of the sums


def configuration() -> Iterator[str]:
    """Each key of ``monitor.yaml``, with its default, and each source and sink."""
    parts = {
        "": config.MonitorConfig,
        **{"`store`": config.StoreLocation, "`windows`": Windows, "`checks`": comparison.Checks},
        "`outliers`": detectors.Outliers,
        **{"`alerting`": Alerting, "`alerting.policy`": Policy},
        **{"An entry of `severities`": SeverityRule, "An entry of `routes`": Route},
        **{"An entry of `labels`": LabelSource, "An entry of `attributions`": ModelEndpoint},
        **{"`health`": HealthLimits, "`retention`": Retention, "`metrics`": config.MetricsEndpoint},
        **{f"Source `{name}`": SOURCES.get(name) for name in SOURCES},
        **{f"Sink `{name}`": SINKS.get(name) for name in SINKS},
    }
    yield "A relative path is relative to the file; `${NAME}` in a value is an environment variable. Lengths of time"
    yield "are intervals such as `90 minutes`. A secret is `{env: NAME}` or `{file: PATH}`, the place where it is held."
    yield ""
    for title, part in parts.items():
        if title:
            yield f"## {title}"
            yield ""
            yield summary(part)
            yield ""
        rows = ((f"`{each.name}`", default(each), each.description) for each in config.options_of(part).values())
        yield from table(("key", "default", "meaning"), rows)


def default(option: config.Option) -> str:
    """Write a default as YAML."""
    if option.default is config.REQUIRED:
        return "required"
    if hasattr(option.default, "__dataclass_fields__"):
        return "see below"
    if isinstance(option.default, timedelta):
        return f"`{format_interval(option.default)}`"
    if isinstance(option.default, tuple) and not all(isinstance(each, str) for each in option.default):
        return f"`[{', '.join(f'{{sink: {each.kind}}}' for each in option.default)}]`"
    value = list(option.default) if isinstance(option.default, tuple) else option.default
    return f"`{yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix('...' + chr(10)).strip()}`"


def metrics() -> Iterator[str]:
    """Each metric of the monitor, the receiver, the transformer and the payload logger."""
    registry = CollectorRegistry()
    registry.register(EmitterMetrics(EventEmitter("http://127.0.0.1:9/")))
    now = datetime.now(timezone.utc)
    sections = {
        "Monitor": families(MonitorStatus(now, now), []),
        "Receiver": ReceiverMetrics().registry.collect(),
        "Transformer": TransformerMetrics(CollectorRegistry()).registry.collect(),
        "Payload logger": registry.collect(),
    }
    for title, collected in sections.items():
        yield f"## {title}"
        yield ""
        yield from metric_table(collected)


def metric_table(collected: Iterable[Metric]) -> Iterator[str]:
    """Write the metrics of one process."""
    yield from table(
        ("metric", "type", "meaning"),
        (
            (f"`{each.name}{'_total' if each.type == 'counter' else ''}`", each.type, each.documentation)
            for each in sorted(collected, key=lambda each: each.name)
        ),
    )


def conditions() -> Iterator[str]:
    """Each error class, and the conditions of dead letters."""
    yield "Every error is a `SparkmonError`. Its text is `[CONDITION] what was got; what to do`."
    yield ""
    classes = [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.SparkmonError)
    ]
    yield from table(
        ("class", "condition", "also a", "raised when"),
        (
            (
                f"`{each.__name__}`",
                f"`{each.condition}`",
                ", ".join(f"`{base.__name__}`" for base in each.__bases__[1:]),
                summary(each).removeprefix("Raised when "),
            )
            for each in sorted(classes, key=lambda each: each.__name__)
        ),
    )
    yield "## Conditions of dead letters"
    yield ""
    yield from (line.replace("``", "`") for line in (protocol.__doc__ or "").splitlines()[6:])


def commands() -> Iterator[str]:
    """Each verb with its options."""
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    for name, command in group.commands.items():
        below = command.commands if isinstance(command, typer.core.TyperGroup) else {"": command}
        for verb, each in below.items():
            yield f"## `{' '.join(filter(None, ('sparkmon', name, verb)))}`"
            yield ""
            yield plain((each.help or "").partition("\n\n")[0])
            yield ""
            yield from table(("argument", "default", "meaning"), (argument(parameter) for parameter in each.params))


def argument(parameter: object) -> tuple[str, str, str]:
    """Write one argument of a verb."""
    assert isinstance(parameter, typer.core.TyperOption | typer.core.TyperArgument)
    names = [name for name in parameter.opts if name.startswith("-")] or [str(parameter.name).upper()]
    default = parameter.default
    written = "" if default in (None, False, (), []) or callable(default) else f"`{default}`"
    return (", ".join(f"`{name}`" for name in names), written, plain(getattr(parameter, "help", "") or ""))


if __name__ == "__main__":
    main()
