"""Whether a log is read to its end, by what Spark reports."""

import pytest

from sparkmon.monitor.clock import has_reached


@pytest.mark.parametrize(
    ("end", "latest", "reached"),
    [
        (5, 5, True),
        (4, 5, False),
        (None, None, True),
        (None, 5, False),
        ({"segment": 1, "position": 7}, {"segment": 1, "position": 7}, True),
        ({"segment": 1, "position": 6}, {"segment": 1, "position": 7}, False),
        ({"segment": 2, "position": 0}, {"segment": 1, "position": 7}, True),
        ({"modified_ns": 5, "path": "b"}, {"modified_ns": 5, "path": "a"}, True),
        ({"log": {"0": 3, "1": 9}}, {"log": {"0": 3, "1": 9}}, True),
        ({"log": {"0": 8, "1": 8}}, {"log": {"0": 3, "1": 9}}, False),
        ({"log": {"0": 3}}, {"log": {"0": 3, "1": 0}}, False),
        ({"reservoirVersion": 4, "index": -1}, {"reservoirVersion": 4, "index": -1}, True),
        ("a", 5, False),
    ],
)
def test_offsets_are_compared_as_places(end: object, latest: object, reached: bool) -> None:
    assert has_reached(end, latest) is reached
