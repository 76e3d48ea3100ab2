"""Notifications by e-mail."""

import base64
import hashlib
import html
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Literal, TypeAlias

from sparkmon.errors import AlertDeliveryError, OptionError
from sparkmon.printable import excerpt, printable, shortened
from sparkmon.secret import Secret
from sparkmon.sinks.connection import cut_at, verifying_context
from sparkmon.sinks.notification import Notification
from sparkmon.sinks.sink import ConfiguredSink, check_timeout, register_sink

Security: TypeAlias = Literal["starttls", "tls", "plain"]
_PORTS = {"starttls": 587, "tls": 465, "plain": 25}
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_LINE = 2000


@register_sink
@dataclass(frozen=True)
class EmailSink(ConfiguredSink):
    """Send a notification as a mail, text with a simple HTML part.

    Notes
    -----
    The server's certificate is verified; see :func:`sparkmon.sinks.connection.verifying_context`. ``Message-ID`` is
    made of the ``notification_id``, so that a mail that is sent again is seen to be the same. A 4xx code of the server
    may pass, a 5xx is final. Where some recipients are refused the others have the mail, and the delivery has failed.

    Examples
    --------
    >>> EmailSink("mail.example.com", "sparkmon@example.com", ["oncall@example.com"]).name
    'email'
    """

    kind = "email"

    host: str
    """The SMTP server."""
    sender: str
    """The address of the sender, such as ``sparkmon@example.com``."""
    recipients: Sequence[str]
    """The addresses of 1 to 100 recipients."""
    security: Security = field(default="starttls", kw_only=True)
    """``starttls``: encrypt once connected, or do not send. ``tls``: encrypt from the start. ``plain``: do not."""
    port: int | None = field(default=None, kw_only=True)
    """The port. By default 587 for starttls, 465 for tls, 25 for plain."""
    username: str | None = field(default=None, kw_only=True)
    """The user to log in as."""
    password: Secret | None = field(default=None, kw_only=True)
    """The user's password; not with ``plain``, where it could be read on the way."""
    timeout_s: float = field(default=30.0, kw_only=True)
    """The time-out of one delivery in seconds, after the server's name has been looked up."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _HOST.fullmatch(self.host):
            raise OptionError.malformed("host", self.host, "the name of an SMTP server")
        if self.security not in _PORTS:
            raise OptionError.malformed("security", self.security, ", ".join(_PORTS))
        if isinstance(self.recipients, str) or not 1 <= len(self.recipients) <= 100:
            raise OptionError.malformed("recipients", self.recipients, "a list of 1 to 100 addresses")
        for address in (self.sender, *self.recipients):
            if not _ADDRESS.fullmatch(address):
                raise OptionError.malformed("address", address, "one such as oncall@example.com")
        if self.port is not None and not 1 <= self.port <= 65535:
            raise OptionError.malformed("port", self.port, "1 to 65535")
        check_timeout(self.timeout_s)
        self._check_login()

    def _check_login(self) -> None:
        if (self.username is None) != (self.password is None):
            raise OptionError("got one of username and password; expected both or neither")
        if self.password is not None and self.security == "plain":
            raise OptionError("got a password with security=plain, which can be read on the way; use starttls or tls")

    def deliver(self, notification: Notification) -> None:
        """Send one mail."""
        mail = self._message(notification)
        password = self.password.read() if self.password is not None else ""
        failure = self._try(mail, password)
        if failure is not None:
            # A login goes over the wire in base64, which the server may repeat.
            plain = f"\0{self.username}\0{password}"
            encoded = [base64.b64encode(text.encode()).decode() for text in (plain, password)]
            reason = excerpt(failure[0], [password, *encoded])
            message = f"{self.name} could not deliver to {self.host}: {reason}"
            # Raised here, where no error that may repeat what was sent hangs on to it.
            raise AlertDeliveryError.failed(message, permanent=failure[1])

    def _try(self, message: EmailMessage, password: str) -> tuple[str, bool] | None:
        """Send a message; return the reason why it was not accepted, and whether that is permanent."""
        deadline = time.monotonic() + self.timeout_s
        links: list[socket.socket] = []
        try:
            with cut_at(deadline, lambda: links), closing(self._client(links)) as client:
                if self.security == "starttls":
                    client.starttls(context=verifying_context())
                if self.username is not None:
                    client.login(self.username, password)
                refused = client.send_message(message)
                # The mail is accepted, whatever comes.
                with suppress(smtplib.SMTPException, OSError):
                    client.quit()
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        except smtplib.SMTPResponseException as error:
            return _answer(error.smtp_code, error.smtp_error), error.smtp_code >= 500
        except smtplib.SMTPNotSupportedError as error:
            return f"the server lacks a feature that is needed: {error}", True
        except UnicodeError:
            return "the password is not ASCII, which SMTP's login needs", True
        except (smtplib.SMTPException, OSError) as error:
            is_late = time.monotonic() >= deadline
            return (f"it took longer than {self.timeout_s:g} s" if is_late else str(error)), False
        finally:
            for link in links:
                link.close()
        if not refused:
            return None
        code, answer = next(iter(refused.values()))
        many = f"{len(refused)} of {len(self.recipients)} recipients are refused"
        return f"{many}: {_answer(code, answer)}", all(code >= 500 for code, _ in refused.values())

    def _client(self, links: list[socket.socket]) -> smtplib.SMTP:
        # Named, for smtplib would else ask the name server who this is.
        name = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:253] or "localhost"
        context = verifying_context() if self.security == "tls" else None
        port = self.port or _PORTS[self.security]
        return _Client(links, context, self.host, port, name, self.timeout_s)

    def _message(self, notification: Notification) -> EmailMessage:
        lines = [shortened(line, _LINE) for line in notification.lines]
        title = shortened(notification.title, 200)
        word = "RESOLVED" if notification.state == "resolved" else notification.severity.upper()
        message = EmailMessage(policy=SMTP)
        message["Subject"] = f"[{word}] {title}"
        message["From"] = self.sender
        message["To"] = ", ".join(self.recipients)
        message["Date"] = formatdate(usegmt=True)
        digest = hashlib.sha256(notification.notification_id.encode("utf-8", "surrogatepass"))
        domain = self.sender.rpartition("@")[2]
        message["Message-ID"] = f"<{digest.hexdigest()[:40]}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        identity = printable(notification.notification_id)
        message.set_content("\n".join([title, "", *lines, "", f"notification {identity}", ""]))
        items = "".join(f"<li>{html.escape(line)}</li>\n" for line in lines)
        message.add_alternative(
            f"<!DOCTYPE html>\n<html><body>\n<p><strong>{html.escape(title)}</strong></p>\n"
            f"<ul>\n{items}</ul>\n<p><small>notification {html.escape(identity)}</small></p>\n"
            "</body></html>\n",
            subtype="html",
        )
        return message


class _Client(smtplib.SMTP):
    """Lists its connection before it says a word, under a descriptor of its own, so that it can be cut off."""

    def __init__(
        self,
        links: list[socket.socket],
        context: ssl.SSLContext | None,
        host: str,
        port: int,
        name: str,
        timeout_s: float,
    ) -> None:
        self._links, self._context = links, context
        super().__init__(host, port, local_hostname=name, timeout=timeout_s)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        link = socket.create_connection((host, port), timeout)
        self._links.append(link.dup())
        if self._context is None:
            return link
        return self._context.wrap_socket(link, server_hostname=host)


def _answer(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"it answered {code}: {text}"
