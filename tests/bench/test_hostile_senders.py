"""The benchmark of hostile senders, for a few seconds: honest posts are accepted, and the memory is bounded."""

from pathlib import Path

import pytest

from bench.hostile_senders import HOSTILE, measure_reception

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("hostile", [16, 64, 256])
def test_honest_posts_are_accepted_beside_hostile_senders(tmp_path: Path, hostile: int) -> None:
    found = measure_reception(tmp_path, hostile, seconds=4)
    assert found.load.statuses.total() == 200
    assert found.accepted_share >= 0.99
    assert 50 < found.resident_bytes / 2**20 <= 512
    assert found.refused["not_http"] >= hostile / len(HOSTILE)  # the hostile ones were there
