"""The Java of this machine is found as Spark finds it, and one that is too old is named."""

import subprocess
import sys
from pathlib import Path

import pytest

from sparkmon.errors import SparkmonError
from sparkmon.java import check_java
from tests.support.source import ROOT

# What `java -version` prints first, on standard error, of four builds.
PRINTED = {
    "1.8.0_402": 'openjdk version "1.8.0_402"',
    "11.0.22": 'openjdk version "11.0.22" 2024-01-16 LTS',
    "17.0.15": 'openjdk version "17.0.15" 2025-04-15',
    "22-ea": 'java version "22-ea" 2024-03-19',
}


def java(folder: Path, line: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\necho '{line}' >&2\n")
    program.chmod(0o755)
    return folder


@pytest.mark.parametrize(("version", "too_old_for"), [("1.8.0_402", 17), ("11.0.22", 17), ("1.8.0_402", 11)])
def test_an_old_java_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, too_old_for: int) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, PRINTED[version])))
    with pytest.raises(SparkmonError) as refused:
        check_java(too_old_for)
    assert f"needs Java {too_old_for} or newer; JAVA_HOME ({tmp_path}) has {version}: install" in str(refused.value)


@pytest.mark.parametrize(("version", "needed"), [("1.8.0_402", 8), ("17.0.15", 17), ("22-ea", 17)])
def test_what_is_new_enough_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, needed: int
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, PRINTED[version])))
    check_java(needed)


def test_make_asks_by_one_sentence_and_the_exit_status(tmp_path: Path) -> None:
    for version, status in (("11.0.22", 1), ("17.0.15", 0)):
        place = java(tmp_path, PRINTED[version])
        done = subprocess.run(
            [sys.executable, "-m", "sparkmon.java"],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={"PATH": f"{place}/bin"},
        )
        assert done.returncode == status
        assert (f"PATH has {version}" in done.stderr) == bool(status)
