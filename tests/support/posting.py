"""A POST that fails."""

from __future__ import annotations

import pytest

from sparkmon.errors import AlertDeliveryError
from sparkmon.sinks.post import Post

__all__ = ["HEADERS", "failure"]

HEADERS = {"content-type": "application/json"}


def failure(post: Post, body: bytes = b"{}") -> AlertDeliveryError:
    """Post, and return the error, to which no other hangs on."""
    with pytest.raises(AlertDeliveryError) as caught:
        post.send(body, HEADERS)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value
