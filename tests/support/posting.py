"""A sink that posts what it is given, and a POST that fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from sparkmon.errors import AlertDeliveryError
from sparkmon.secret import Secret
from sparkmon.sinks import Notification
from sparkmon.sinks.sink import HttpSink

__all__ = ["HEADERS", "Post", "failure"]

HEADERS = {"content-type": "application/json"}


@dataclass(frozen=True)
class Post(HttpSink):
    """Posts any body to a URL."""

    kind = "hook"

    bearer: Secret | None = field(default=None, kw_only=True)

    def deliver(self, notification: Notification) -> None:
        """Post the id of a notification."""
        self.send(notification.notification_id.encode(), {})

    def send(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Post a body."""
        self.post(body, headers, bearer=self.bearer)


def failure(post: Post, body: bytes = b"{}") -> AlertDeliveryError:
    """Post, and return the error, to which no other hangs on."""
    with pytest.raises(AlertDeliveryError) as caught:
        post.send(body, HEADERS)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value
