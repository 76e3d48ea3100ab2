"""Two deliveries of one event have one digest, and no two events that differ in what makes the identity."""

from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest

from sparkmon.protocol import event_digests, events_to_batch
from tests.protocol.events import NOON, event

TEXTS = ("event_id", "event_type", "source", "namespace", "model", "component")


def digest(**fields: Any) -> int:  # noqa: ANN401
    made = replace(event(b"{}"), **fields)
    return int(event_digests(events_to_batch([made]))[0])


def test_a_redelivery_has_the_digest_of_the_first_delivery() -> None:
    again = {"payload": b"[]", "recorded_time": NOON, "endpoint": "x", "content_type": None}
    assert digest(**again) == digest()


@pytest.mark.parametrize("name", TEXTS)
def test_each_part_of_the_identity_counts(name: str) -> None:
    assert digest(**{name: "other"}) != digest()


def test_a_microsecond_counts() -> None:
    assert digest(event_time=NOON + timedelta(microseconds=1)) != digest()


def test_no_text_passes_for_a_part_of_its_neighbour() -> None:
    default = {name: "default" for name in TEXTS}
    pieces = ["", "a", "b", "ab", "bc", "abc", "\x00", "a\x00", "\x00b", "é"]
    digests = {
        digest(**(default | {first: a, second: b}))
        for first, second in pairwise(TEXTS)
        for a, b in product(pieces, repeat=2)
    }
    # Per pair of neighbours all 100 combinations differ; what they leave alone differs from pair to pair.
    assert len(digests) == 100 * (len(TEXTS) - 1)


def test_the_digest_is_blake2b_of_lengths_time_and_texts() -> None:
    one = event(b"{}", namespace="nø")
    texts = [getattr(one, name).encode() for name in TEXTS]
    time = int(NOON.timestamp()) * 1_000_000
    framed = b"".join(n.to_bytes(8, "little") for n in [*map(len, texts), time]) + b"".join(texts)
    expected = int.from_bytes(blake2b(framed, digest_size=8).digest(), "little")
    assert digest(namespace="nø") == expected


def test_a_slice_of_a_batch_has_the_digests_of_its_events() -> None:
    batch = events_to_batch([event(b"", event_id=str(i)) for i in range(10)])
    digests = event_digests(batch)
    assert digests.dtype == np.uint64
    assert event_digests(batch.slice(3, 4)).tolist() == digests[3:7].tolist()
    assert event_digests(batch.slice(0, 0)).tolist() == []
