"""CONTRIBUTING has a line for each room of the package."""

import re

from tests.support.source import ROOT, package

TEXT = (ROOT / "CONTRIBUTING.md").read_text()


def test_the_table_of_rooms_is_the_package() -> None:
    section = TEXT.partition("## Rooms")[2].partition("\n## ")[0]
    rooms = re.findall(r"^\| `(\w+)` \| [^|]+ \|$", section, re.M)
    assert sorted(rooms) == sorted({source.room for source in package()} - {"__init__", "__main__"})
