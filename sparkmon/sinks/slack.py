"""Notifications in a Slack channel, by its incoming webhook."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sparkmon.json_bytes import dumps
from sparkmon.option_types import SecretUrl
from sparkmon.printable import printable, shortened
from sparkmon.sinks.notification import Notification
from sparkmon.sinks.sink import HttpSink, register_sink

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SECTION = 3000
_LINE = 1000
_SIGNS = {"info": ":large_blue_circle:", "warning": ":large_orange_circle:", "critical": ":red_circle:"}


@register_sink
@dataclass(frozen=True)
class SlackSink(HttpSink):
    """Post a message to the incoming webhook of a Slack channel.

    Notes
    -----
    A title, a line per alert, and the ``notification_id``, as Block Kit. ``&``, ``<`` and ``>`` are escaped and links
    not made of names, so a column named ``<!channel>`` notifies nobody. Lines are cut at 1,000 characters, sections
    at Slack's 3,000, and there are far fewer blocks than its 50. A webhook takes one message a second and answers 429
    with ``Retry-After`` to more.

    References
    ----------
    Slack (2025), "Sending messages using incoming webhooks" and "Reference: blocks", https://docs.slack.dev

    Examples
    --------
    >>> from sparkmon.sinks import Secret
    >>> SlackSink(Secret(env="SLACK_WEBHOOK"), allowed_hosts=["hooks.slack.com"]).name
    'slack'
    """

    kind = "slack"

    url: SecretUrl = field(repr=False)
    """The webhook's URL. Whoever has it can post to the channel: give it as a :class:`sparkmon.sinks.Secret`."""

    def deliver(self, notification: Notification) -> None:
        """Post one message."""
        self.post(dumps(_message(notification)))


def _message(notification: Notification) -> dict[str, object]:
    resolved = notification.state == "resolved"
    sign = ":large_green_circle:" if resolved else _SIGNS[notification.severity]
    title = shortened(notification.title, _LINE, _ESCAPES)
    lines = [f"• {shortened(line, _LINE, _ESCAPES)}" for line in notification.lines]
    footer = f"{notification.state}, {notification.severity}, {printable(notification.notification_id)}"
    texts = [f"{sign} {title}", *_sections(lines)]
    blocks: list[dict[str, object]] = [{"type": "section", "text": _text(text)} for text in texts]
    blocks.append({"type": "context", "elements": [_text(shortened(footer, _LINE, _ESCAPES))]})
    return {"text": title, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _sections(lines: Sequence[str]) -> list[str]:
    """Join lines into as few texts as Slack's limit allows."""
    sections: list[str] = []
    for line in lines:
        if sections and len(sections[-1]) + 1 + len(line) <= _SECTION:
            sections[-1] += f"\n{line}"
        else:
            sections.append(line)
    return sections


def _text(text: str) -> dict[str, object]:
    # Verbatim: what looks like a link, a channel or a user is left as it is.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
