"""The site of the documentation is built without a warning, has every page, and loads nothing from elsewhere."""

import re
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from tests.support.source import ROOT

pytestmark = pytest.mark.slow


def test_the_site_has_every_page_and_loads_nothing(tmp_path: Path) -> None:
    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(tmp_path)))  # strict: a warning is an error
    pages = {path.relative_to(tmp_path).with_suffix(".md").as_posix() for path in tmp_path.rglob("*.html")}
    written = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert {name.replace("README", "index") for name in written} <= pages
    assert {"repository/CONTRIBUTING.md", "repository/examples/kserve/index.md"} <= pages
    loaded = re.compile(r"<(?:script|img|link|iframe)[^>]*(?:src|href)=\"?https?:[^>]*>")
    assert [match for path in tmp_path.rglob("*.html") for match in loaded.findall(path.read_text())] == []
    # A list is one list: code between its items does not end it.
    start = (tmp_path / "getting-started.html").read_text()
    assert re.search(r"<ol>(?:(?!</ol>).)*Make a reference(?:(?!</ol>).)*Run it", start, re.S)
