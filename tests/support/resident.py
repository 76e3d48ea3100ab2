"""How much memory a process had at most, as Linux keeps it."""

import re
from pathlib import Path

__all__ = ["greatest_resident"]


def greatest_resident(process_id: int) -> int:
    """Give the bytes that a process had in memory at most; unlike ``ru_maxrss``, without those of its parent."""
    status = Path(f"/proc/{process_id}/status").read_text()
    match = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert match is not None
    return int(match[1]) * 1024
