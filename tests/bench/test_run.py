"""The benchmark as a user starts it, on small sizes: that it runs to the end and prints figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.source import ROOT

pytestmark = pytest.mark.spark

CONTENDERS = {"payloads": 12, "tables": 4, "receiver": 2, "serving": 9}


def test_the_quick_benchmark_measures_every_contender(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "bench.run", "--quick", "--json", str(figures)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "pyspark 4.2" in done.stdout.splitlines()[0]
    assert "run 1 of 1" in done.stderr
    assert "run 1 of 1" not in done.stdout
    sections = json.loads(figures.read_text())["sections"]
    assert set(sections) == set(CONTENDERS)
    for name, contenders in CONTENDERS.items():
        results = sections[name]["results"].values()
        assert len(results) == contenders
        for result in results:
            assert result["cpu_s"]["median"] > 0
            assert result["wall_s"]["median"] > 0
            assert result["per_s"] > 0
    payloads = sections["payloads"]
    spent = {name: each["cpu_s"]["median"] for name, each in payloads["results"].items()}
    for mode in ("batch", "stream"):
        whole, decoding = f"{mode}: bytes to findings", "bytes to rows"
        ratio = payloads["cpu_ratios"][f"{whole} / {decoding}"]
        assert ratio == pytest.approx(spent[whole] / spent[f"{mode}: {decoding}"])
