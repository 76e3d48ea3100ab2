"""Notifications in Microsoft Teams, by a webhook of Workflows."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from sparkmon.printable import printable
from sparkmon.secret import Secret
from sparkmon.sinks.notification import Notification
from sparkmon.sinks.post import Post
from sparkmon.sinks.shortened import shortened
from sparkmon.sinks.sink import AlertSink

__all__ = ["TeamsSink"]

_MOST = 28_000
_LINE = 1000
_COLOURS = {"info": "accent", "warning": "warning", "critical": "attention"}


class TeamsSink(AlertSink):
    """Post an Adaptive Card to the webhook of a Teams workflow.

    Parameters
    ----------
    url : str or Secret
        The webhook's URL, of the workflow "Send webhook alerts to a channel" (or to a chat). Its signature is in it:
        give it as a :class:`sparkmon.sinks.Secret`.
    allowed_hosts : sequence of str, optional
        The only hosts that the URL may name.
    timeout_s : float, default 10.0
        For one delivery.
    name : str, optional
        See :class:`sparkmon.sinks.AlertSink`.

    Notes
    -----
    A title, a line per alert, and the ``notification_id``. Texts are ``TextRun``, in which a card reads neither
    markdown nor links nor mentions, so a name is shown as it is. Lines are cut at 1,000 characters, and left out from
    the last where the card would exceed Teams' 28 KB; it then says how many alerts it does not list.

    References
    ----------
    Microsoft (2025), "Create incoming webhooks with Workflows for Microsoft Teams";
    Adaptive Cards (2024), "RichTextBlock", https://adaptivecards.io/explorer

    Examples
    --------
    >>> TeamsSink(Secret(env="TEAMS_WEBHOOK"), name="on call").name
    'on call'
    """

    kind = "teams"

    def __init__(
        self,
        url: str | Secret,
        *,
        allowed_hosts: Sequence[str] | None = None,
        timeout_s: float = 10.0,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self._post = Post(url, sink=self.name, allowed_hosts=allowed_hosts, timeout_s=timeout_s)

    def deliver(self, notification: Notification) -> None:
        """Post one card."""
        lines = [shortened(line, _LINE) for line in notification.lines]
        listed = min(len(notification.alerts), len(lines))
        message = _message(notification, lines)
        while len(message) > _MOST and listed > 1:
            listed -= 1
            left = notification.count - listed
            more = f"and {left:,} more: see the table alerts"
            message = _message(notification, [*lines[:listed], more])
        self._post.send(message, {"content-type": "application/json; charset=utf-8"})


def _message(notification: Notification, lines: Sequence[str]) -> bytes:
    resolved = notification.state == "resolved"
    said = (
        f"{notification.state}, {notification.severity}, {printable(notification.notification_id)}"
    )
    colour = "good" if resolved else _COLOURS[notification.severity]
    title = _run(shortened(notification.title, _LINE)) | {"weight": "bolder", "color": colour}
    runs = [title, *map(_run, lines), _run(shortened(said, _LINE)) | {"isSubtle": True}]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [{"type": "RichTextBlock", "inlines": [run]} for run in runs],
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return orjson.dumps({"type": "message", "attachments": [attachment]})


def _run(text: str) -> dict[str, object]:
    return {"type": "TextRun", "text": text}
