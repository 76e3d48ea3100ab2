"""What the pages say of names, figures and files is what the code has."""

import math
import re

import pytest

from sparkmon.distributions import Distribution
from sparkmon.statistics import STATISTICS
from tests.contract.test_vocabulary import RETIRED
from tests.support.pages import Page, pages
from tests.support.source import ROOT

README = Page(ROOT / "README.md")
PAGES = [page for page in pages() if page.path.name != "CHANGELOG.md" and not page.where.startswith("docs/reference/")]
"""The pages that are written by hand; the CHANGELOG names what was there before."""

MOST_LINES = 180


def test_the_readme_is_short() -> None:
    assert len(README.text.splitlines()) <= MOST_LINES


def test_the_readme_begins_with_the_installation_and_two_commands() -> None:
    (install, commands, *_) = README.blocks("sh")
    assert install.text.startswith("pip install 'sparkmon-kserve[")
    assert [line.split("#")[0].strip() for line in commands.text.splitlines()] == ["make demo", "make test"]


def test_the_table_of_statistics_is_the_registry() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \| .* `(\w+)` \|(?: `(\w+)`)? \|$", README.text, re.M)
    assert rows == [
        (
            name,
            ", ".join(sorted(STATISTICS.get(name).kinds, reverse=True)),
            f"sparkmon_{name}",
            f"sparkmon_{name}_rows" if STATISTICS.get(name).of_rows else "",
        )
        for name in STATISTICS
    ]


@pytest.mark.parametrize("name", list(STATISTICS))
def test_the_table_of_statistics_has_the_default_thresholds(name: str) -> None:
    (text,) = re.findall(rf"^\| `{name}` \| [\w, ]+ \| ([^|]+) \|", README.text, re.M)
    # A standard deviation of 1, so that a threshold in standard deviations is the number that is written.
    reference = Distribution.from_sample([-1.0, 1.0] * 500)
    written = math.inf if text == "reported" else float(text.split()[0])
    assert STATISTICS.get(name).default_threshold(reference) == pytest.approx(written, rel=1e-3)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.where)
def test_every_link_leads_somewhere(page: Page) -> None:
    offences = []
    for link in page.links:
        path, _, anchor = link.partition("#")
        target = page.path.parent / path if path else page.path
        if not target.exists():
            offences.append(f"{page.where} links {link}, which is no file")
        elif anchor and target.suffix == ".md" and anchor not in Page(target).anchors:
            offences.append(f"{page.where} links {link}, which is no heading")
    assert offences == []


def test_every_page_of_docs_can_be_reached_from_the_readme() -> None:
    reached: set[str] = set()
    waiting = [README]
    while waiting:
        page = waiting.pop()
        if page.where in reached:
            continue
        reached.add(page.where)
        targets = [page.path.parent / link.partition("#")[0] for link in page.links]
        waiting += [Page(target.resolve()) for target in targets if target.is_file() if target.suffix == ".md"]
    assert {page.where for page in pages() if page.where.startswith("docs/")} - reached == set()


def test_every_page_of_docs_is_in_the_navigation_of_the_site() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text().partition("\nnav:")[2]
    paths = [page.where.removeprefix("docs/") for page in pages() if page.where.startswith("docs/")]
    assert [path for path in paths if not re.search(rf" {re.escape(path)}$", navigation, re.M)] == []


def test_every_file_that_a_page_names_exists() -> None:
    offences = [
        f"{page.where} names {name}"
        for page in PAGES
        for name in re.findall(r"`((?:sparkmon|tests|bench|examples|scripts|fuzz)/[\w./-]+)`", page.text)
        if not (ROOT / name).exists()
    ]
    assert offences == []


def test_every_metric_that_a_page_names_exists() -> None:
    metrics = set(re.findall(r"^\| `(\w+)`", (ROOT / "docs/reference/metrics.md").read_text(), re.M))
    offences = [
        f"{page.where} names {name}"
        for page in PAGES
        for name in re.findall(r"`(sparkmon_(?:monitor|receiver|transformer|emitter)_\w+)`", page.text)
        if name not in metrics
    ]
    assert offences == []


def test_no_page_has_a_retired_word() -> None:
    pattern = re.compile(rf"\b({'|'.join(RETIRED)})\b")
    offences = [
        f"{page.where}:{line} {match[0]}"
        for page in PAGES
        for line, text in enumerate(page.text.splitlines(), 1)
        for match in pattern.finditer(text)
    ]
    assert offences == []
