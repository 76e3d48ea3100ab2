"""The room's docstring lists every condition the room uses, and no other."""

import re
from pathlib import Path

import sparkmon.protocol


def test_the_conditions_listed_are_the_conditions_used() -> None:
    room = Path(sparkmon.protocol.__file__).parent
    paths = [path for path in room.glob("*.py") if path.name != "__init__.py"]
    source = "\n".join(path.read_text("utf-8") for path in paths)
    constants = set(re.findall(r"^([A-Z0-9_]+) = ", source, re.MULTILINE))
    used = set(re.findall(r'"([A-Z0-9]+(?:_[A-Z0-9]+)+)"', source)) - constants
    listed = re.findall(r"``([A-Z0-9]+(?:_[A-Z0-9]+)+)``", sparkmon.protocol.__doc__ or "")
    assert set(listed) == used
    assert len(listed) == len(used)
