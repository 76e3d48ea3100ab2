"""Closed windows to findings in one Python process, from one model to a thousand, and the memory that takes."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from dataclasses import replace
from tempfile import TemporaryDirectory

import pyarrow as pa

from bench.closings import Closing
from bench.rounds import Contender, Rounds
from bench.section import Section
from sparkmon.comparison import Checks, Judge
from sparkmon.errors import SparkmonError
from tests.support.resident import greatest_resident

__all__ = ["measure_judging"]

_LARGE = "1,000 models x 20 columns"
_CLOSINGS = {
    "1 model x 20 columns, 3 windows": Closing(1, 20, windows=3),
    "50 models x 20 columns": Closing(50, 20),
    _LARGE: Closing(1000, 20),
    "1 model x 1,000 columns": Closing(1, 1000),
    "100 models x 20 columns x 50 slices": Closing(100, 20, slices=50, rows=10_000),
    "1 model x 20 columns, 10,000 columns unknown": Closing(1, 20, unknown=10_000),
}


def measure_judging(rounds: Rounds, *, quick: bool) -> Section:
    """Measure closings of several sizes with prepared references, and that of most models without, too."""
    closings = {name: _fewer(each) if quick else each for name, each in _CLOSINGS.items()}
    contenders = []
    for name, closing in closings.items():
        rounds.say(f"making profiles and references: {name}")
        references, profiles = closing.references(), closing.profiles()
        contenders.append(Contender(name, _judging(_judge(references), profiles)))
        if name == _LARGE:
            contenders.append(Contender(f"{name}, the first closing", _starting(references, profiles)))
    few = replace(rounds, runs=min(rounds.runs, 3), warm_ups=min(rounds.warm_ups, 1))
    results = few.measure(contenders)
    rounds.say(f"memory: {_LARGE}")
    memory = _memory_mib(closings[_LARGE])
    return Section(
        "judging",
        "Judging windows that close together, in one process: profiles to findings, explained",
        "findings",
        results,
        {},
        [
            f"{_LARGE}: {memory:,.0f} MiB resident at most, references included, in a process of its own",
            "the first closing: the references are prepared",
        ],
    )


def _judge(references: pa.Table) -> Judge:
    return Judge(references, Checks(), step_s=3600, lengths=["1 hour"])


def _judging(judge: Judge, profiles: pa.Table) -> Callable[[], int]:
    return lambda: _checked(judge.findings(profiles), profiles)


def _starting(references: pa.Table, profiles: pa.Table) -> Callable[[], int]:
    return lambda: _checked(_judge(references).findings(profiles), profiles)


def _checked(findings: pa.Table, profiles: pa.Table) -> int:
    if findings.num_rows < profiles.num_rows:
        raise SparkmonError(f"got {findings.num_rows} findings of {profiles.num_rows} profiles")
    return findings.num_rows


def _fewer(closing: Closing) -> Closing:
    return replace(
        closing,
        models=min(closing.models, 3),
        columns=min(closing.columns, 30),
        slices=min(closing.slices, 3),
        unknown=min(closing.unknown, 30),
    )


def _memory_mib(closing: Closing) -> float:
    """Return how much memory a process needs at most that reads references and judges a closing."""
    context = multiprocessing.get_context("spawn")
    with TemporaryDirectory() as folder, context.Pool(1, maxtasksperchild=1) as pool:
        # In a process of its own: to make a table takes twice its memory.
        pool.apply(_write, (closing, folder))
        return pool.apply(_peak_mib, (folder,))


def _write(closing: Closing, folder: str) -> None:
    for name, table in (("references", closing.references()), ("profiles", closing.profiles())):
        with pa.ipc.new_file(f"{folder}/{name}", table.schema) as file:
            file.write_table(table)


def _peak_mib(folder: str) -> float:
    references, profiles = (
        pa.ipc.open_file(pa.OSFile(f"{folder}/{name}", "rb")).read_all() for name in ("references", "profiles")
    )
    findings = _judge(references).findings(profiles)
    assert findings.num_rows
    return greatest_resident(os.getpid()) / 2**20
