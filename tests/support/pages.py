"""The pages that people read: README, docs and those beside code, as links, headings and blocks of code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tests.support.source import ROOT

__all__ = ["Block", "Page", "pages"]

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)
_LINK = re.compile(r"!?\[[^\]]*\]\((?!https?:|mailto:)([^)\s]+)\)")
_FOLDERS = ("docs", "bench", "examples", "fuzz", "scala-stubs", ".github")


class Block(NamedTuple):
    """A block of code, and where it is."""

    where: str
    language: str
    text: str


@dataclass(frozen=True)
class Page:
    """One page of Markdown."""

    path: Path

    @property
    def where(self) -> str:
        """The path from the project's root."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text()

    @cached_property
    def prose(self) -> str:
        """The page without its blocks of code."""
        return _FENCE.sub("", self.text)

    @property
    def links(self) -> list[str]:
        """What its links to other files, and to its own headings, name."""
        return _LINK.findall(self.prose)

    @property
    def anchors(self) -> set[str]:
        """The headings as links name them."""
        headings = re.findall(r"^#+ (.+)$", self.prose, re.M)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}

    def blocks(self, *languages: str) -> Iterator[Block]:
        """List the blocks of code in one of the languages."""
        for match in _FENCE.finditer(self.text):
            if match["language"] in languages:
                line = self.text.count("\n", 0, match.start()) + 1
                text = re.sub(f"^{match['indent']}", "", match["text"], flags=re.M)
                yield Block(f"{self.where}:{line}", match["language"], text)


def pages() -> list[Page]:
    """List all pages."""
    top = sorted(ROOT.glob("*.md"))
    below = [path for folder in _FOLDERS for path in sorted((ROOT / folder).rglob("*.md"))]
    return [Page(path) for path in [*top, *below]]
