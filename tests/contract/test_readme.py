"""What the README says of names and figures is what the code has."""

from __future__ import annotations

import re

from sparkmon.statistics import STATISTICS
from tests.support.source import ROOT

README = (ROOT / "README.md").read_text()


def test_the_table_of_statistics_is_the_registry() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \| .* `(\w+)` \|(?: `(\w+)`)? \|$", README, re.M)
    assert rows == [
        (
            name,
            ", ".join(sorted(STATISTICS.get(name).kinds, reverse=True)),
            f"sparkmon_{name}",
            f"sparkmon_{name}_rows" if STATISTICS.get(name).of_rows else "",
        )
        for name in STATISTICS
    ]


def test_every_local_link_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
