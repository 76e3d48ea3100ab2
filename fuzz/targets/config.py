"""``monitor.yaml``: any text gives a configuration, the same each time, or an ``OptionError`` that tells its line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from fuzz.target import Target
from sparkmon.config import read_config
from sparkmon.errors import OptionError
from tests.support.source import ROOT

__all__ = ["TARGET"]


@cache
def file() -> Path:
    """Name a file for this process."""
    return Path(mkdtemp(prefix="sparkmon-fuzz-")) / "monitor.yaml"


def one_input(data: bytes) -> None:
    """Read it twice; the same text gives the same configuration."""
    file().write_bytes(data)
    try:
        config = read_config(file())
    except OptionError:
        return
    assert read_config(file()) == config
    assert config.progress


def seeds() -> Iterator[bytes]:
    """Give the examples, the shortest file, each key once, and what a file must not do."""
    yield (ROOT / "examples" / "monitor.yaml").read_bytes()
    yield (ROOT / "examples" / "kserve" / "monitor.yaml").read_bytes()
    least = b"source: {format: kserve, path: spool}\nstore: {path: store}\ntables: ./tables\n"
    yield least
    yield from (
        least + line
        for line in (
            b"windows: {length: 1 day, slide: 1 hour, longer: [7 days]}",
            b"checks: {statistics: [ks, psi], thresholds: {psi: .inf}}",
            b"checks:\n  rates: {stale_rate: 0.1}\n  history: [previous, 'trailing(3)', 'seasonal(1 day, 2)']",
            b"slices:\n- origin\n- distance > 1000\nviews: {fraud: 'cards:2'}\nspark: {a.b: 2026-01-01}",
            b"reference: ${HOME}\nwindows: {idle: null, provisional: yes}\nalerting: {sinks: [{sink: console}]}",
            b"reference: !!python/object/apply:os.system ['true']",
            b"reference: !!timestamp x",
            b"a: &a [*a]",
            b"<<: {x: 1}",
            b"? [a]\n: 1",
            b"%YAML 1.1\n---\na: 0o7\n...\n---\nb: 2",
        )
    )
    topic = b"source: {format: kafka, bootstrap_servers: 'b:9', topic: t}\n"
    yield topic + b"store: {path: 's3://b'}\ntables: main.t\ncheckpoints: /c"


TARGET = Target(
    one_input,
    seeds,
    (
        *(b"source: ", b"store: ", b"tables: ", b"windows: ", b"history: ", b"${", b"!!python/"),
        *(b"&a ", b"*a", b"<<: ", b"!!binary ", b"!!timestamp ", b"!!set ", b"2026-13-01", b"%YAML "),
        *(b"---\n", b"...\n", b"? ", b"- ", b"|\n", b">\n", b"\xef\xbb\xbf", b".nan", b"1:2:3"),
    ),
    longest=4000,
)
