"""Notifications in Microsoft Teams, by a webhook of Workflows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sparkmon.json_bytes import dumps
from sparkmon.option_types import SecretUrl
from sparkmon.printable import printable, shortened
from sparkmon.sinks.notification import Notification
from sparkmon.sinks.sink import HttpSink, register_sink

_MOST = 28_000
_LINE = 1000
_COLOURS = {"info": "accent", "warning": "warning", "critical": "attention"}


@register_sink
@dataclass(frozen=True)
class TeamsSink(HttpSink):
    """Post an Adaptive Card to the webhook of a Teams workflow.

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
    >>> from sparkmon.sinks import Secret
    >>> TeamsSink(Secret(env="TEAMS_WEBHOOK"), name="on call").name
    'on call'
    """

    kind = "teams"

    url: SecretUrl = field(repr=False)
    """The webhook's URL, of the workflow "Send webhook alerts to a channel" (or to a chat). It contains a signature:
    give it as a :class:`sparkmon.sinks.Secret`."""

    def deliver(self, notification: Notification) -> None:
        """Post one card."""
        lines = [shortened(line, _LINE) for line in notification.lines]
        listed = min(len(notification.alerts), len(lines))
        message = _message(notification, lines)
        while len(message) > _MOST and listed > 1:
            listed -= 1
            rest = notification.count - listed
            message = _message(notification, [*lines[:listed], f"and {rest:,} more: see the table alerts"])
        self.post(message)


def _message(notification: Notification, lines: Sequence[str]) -> bytes:
    resolved = notification.state == "resolved"
    footer = f"{notification.state}, {notification.severity}, {printable(notification.notification_id)}"
    colour = "good" if resolved else _COLOURS[notification.severity]
    title = _run(shortened(notification.title, _LINE)) | {"weight": "bolder", "color": colour}
    runs = [title, *map(_run, lines), _run(shortened(footer, _LINE)) | {"isSubtle": True}]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [{"type": "RichTextBlock", "inlines": [run]} for run in runs],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return dumps({"type": "message", "attachments": [attachment]})


def _run(text: str) -> dict[str, object]:
    return {"type": "TextRun", "text": text}
