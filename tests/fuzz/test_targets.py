"""What the fuzzer begins with, given to its targets once: the harness does not rot, and finds what is wrong."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fuzz.targets import TARGETS
from tests.protocol.hostile import GOOD
from tests.support.decoding import decode
from tests.support.source import ROOT


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_does_what_is_promised(name: str) -> None:
    seeds = list(TARGETS[name].seeds())
    assert len(seeds) >= 3
    assert max(map(len, seeds)) <= TARGETS[name].longest
    for seed in seeds:
        TARGETS[name].one_input(seed)
    for bad in (b"", b"\0", b"\xff" * 100, seeds[0][:-1], seeds[-1] + b"\0"):
        TARGETS[name].one_input(bad)


def test_an_input_that_breaks_a_promise_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    seed = b"\0\0\0" + GOOD
    TARGETS["body"].one_input(seed)
    monkeypatch.setattr("fuzz.checks.decode", lambda event, limits: decode(replace(event, payload=b"?")))
    with pytest.raises(AssertionError):
        TARGETS["body"].one_input(seed)
    monkeypatch.setattr("fuzz.targets.slices._KNOWN", frozenset())
    with pytest.raises(AssertionError, match="and"):
        TARGETS["slices"].one_input(b"distance > 1 AND distance < 2")


@pytest.mark.slow
def test_an_input_is_repeated_from_its_file(tmp_path: Path) -> None:
    inputs = [tmp_path / "first", tmp_path / "second"]
    for file, seed in zip(inputs, TARGETS["avro"].seeds(), strict=False):
        file.write_bytes(seed)
    done = subprocess.run(
        [sys.executable, "-m", "fuzz.one", "avro", *map(str, inputs)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert done.stdout == "2 inputs, no failure\n"
