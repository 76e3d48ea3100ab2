"""Figures of the pages are those of the commands that they name, and examples of the pages run."""

import re
import runpy

import pytest

from tests.support.pages import Page
from tests.support.source import ROOT
from tests.support.watched import Watched

_NUMBER = re.compile(r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d*\.\d+|\d+)(?!\w)")


@pytest.mark.slow
def test_the_example_of_a_verdict_is_what_its_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples" / "verdict.py"), run_name="__main__")
    printed = [line.split("|") for line in capsys.readouterr().out.splitlines()]
    text = (ROOT / "docs" / "concepts.md").read_text()
    shown = text.partition("<!-- verdict -->\n")[2].partition("<!-- /verdict -->")[0]
    written = [line.split("|") for line in shown.splitlines()]
    assert len(written) == len(printed) == 7
    for ours, theirs in zip(written, printed, strict=True):
        for cell, other in zip(ours, theirs, strict=True):
            try:
                number = float(cell)
            except ValueError:
                assert other == cell
                continue
            # Sketches are random: what is small may be anything that is small.
            assert float(other) == pytest.approx(number, abs=0.01, rel=0.5)


def test_what_is_compared_is_what_the_benchmarks_have() -> None:
    pages = ("README.md", "docs/benchmarks.md", "docs/performance.md")
    measured = "\n".join((ROOT / name).read_text() for name in pages)
    text = re.sub(r"^#.*|`[^`]*`", "", (ROOT / "docs" / "comparison.md").read_text(), flags=re.M)
    figures = {number for number in _NUMBER.findall(text) if "." in number or "," in number or len(number) > 1}
    assert len(figures) > 20
    assert figures - set(_NUMBER.findall(measured)) == set()


def test_the_plots_of_the_page_are_drawn(watched: Watched) -> None:
    (block,) = Page(ROOT / "docs" / "dashboard.md").blocks("python")
    calls = block.text.replace("/data/monitoring", watched.tables).splitlines()
    names: dict[str, object] = {}
    exec(calls[0], names)
    figures = [eval(line, names) for line in calls[1:] if line]
    assert len(figures) == 7
    assert all(figure.data or figure.layout.annotations for figure in figures)
