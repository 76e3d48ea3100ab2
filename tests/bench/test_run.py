"""The benchmark as a user starts it, on small sizes: that it runs to the end and prints figures."""

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from bench import run

CONTENDERS = {
    "payloads": 9,
    "live": 7,
    "tables": 4,
    "receiver": 2,
    "serving": 9,
    "decoding": 9,
    "panes": 4,
    "judging": 7,
    "commits": 4,
}


def test_the_quick_benchmark_measures_every_contender(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = tmp_path / "figures.json"
    # The session that runs already is the one that is measured.
    monkeypatch.setattr("sys.argv", ["bench.run", "--quick", "--json", str(figures)])
    run.main()
    printed = capsys.readouterr()
    assert "pyspark 4.2" in printed.out.splitlines()[0]
    assert "run 1 of 1" in printed.err
    assert "run 1 of 1" not in printed.out
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
