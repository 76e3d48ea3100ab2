"""Notifications by e-mail."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import smtplib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Any, Literal, TypeAlias

from sparkmon.errors import AlertDeliveryError, OptionError
from sparkmon.printable import printable
from sparkmon.secret import Secret
from sparkmon.sinks.excerpt import excerpt
from sparkmon.sinks.notification import Notification
from sparkmon.sinks.shortened import shortened
from sparkmon.sinks.sink import AlertSink
from sparkmon.sinks.timeout import checked_timeout
from sparkmon.sinks.tls import verifying_context

__all__ = ["EmailSink", "Security"]

Security: TypeAlias = Literal["starttls", "tls", "plain"]
_PORTS = {"starttls": 587, "tls": 465, "plain": 25}
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_LINE = 2000


class EmailSink(AlertSink):
    """Send a notification as a mail, text with a simple HTML part beside it.

    Parameters
    ----------
    host : str
        The SMTP server.
    sender : str
        The address that it comes from, such as ``sparkmon@example.com``.
    recipients : sequence of str
        Whom to write to, 1 to 100 addresses.
    security : {"starttls", "tls", "plain"}, default "starttls"
        ``starttls``: encrypt once connected, or do not send. ``tls``: encrypted from the start. ``plain``: not at all.
    port : int, optional
        587 for starttls, 465 for tls, 25 for plain without.
    username : str, optional
        To log in with.
    password : Secret, optional
        The user's password; not with ``plain``, where anybody could read it.
    timeout_s : float, default 30.0
        For all of one delivery after the server's name has been looked up.
    name : str, optional
        See :class:`sparkmon.sinks.AlertSink`.

    Notes
    -----
    The server's certificate is verified; see :func:`sparkmon.sinks.tls.verifying_context`. ``Message-ID`` is made of
    the ``notification_id``, so that a mail that is sent again is seen to be the same. A 4xx code of the server may
    pass, a 5xx is final. Where some recipients are refused the others have the mail, and the delivery has failed.

    Examples
    --------
    >>> EmailSink("mail.example.com", "sparkmon@example.com", ["oncall@example.com"]).name
    'email'
    """

    kind = "email"

    def __init__(
        self,
        host: str,
        sender: str,
        recipients: Sequence[str],
        *,
        security: Security = "starttls",
        port: int | None = None,
        username: str | None = None,
        password: Secret | None = None,
        timeout_s: float = 30.0,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        if not _HOST.fullmatch(host):
            raise OptionError.malformed("host", host, "the name of an SMTP server")
        if security not in _PORTS:
            raise OptionError.malformed("security", security, ", ".join(_PORTS))
        if isinstance(recipients, str) or not 1 <= len(recipients) <= 100:
            raise OptionError.malformed("recipients", recipients, "a list of 1 to 100 addresses")
        for address in (sender, *recipients):
            if not _ADDRESS.fullmatch(address):
                raise OptionError.malformed("address", address, "one such as oncall@example.com")
        if (username is None) != (password is None):
            raise OptionError("got one of username and password; expected both or neither")
        if password is not None and security == "plain":
            raise OptionError(
                "got a password with security=plain, which all can read; use starttls or tls"
            )
        if port is not None and not 1 <= port <= 65535:
            raise OptionError.malformed("port", port, "1 to 65535")
        self._host, self._port, self._security = host, port or _PORTS[security], security
        self._sender, self._recipients = sender, list(recipients)
        self._username, self._password = username, password
        self._timeout_s = checked_timeout(timeout_s)

    def deliver(self, notification: Notification) -> None:
        """Send one mail."""
        message = self._message(notification)
        password = self._password.read() if self._password is not None else ""
        failure = self._try(message, password)
        if failure is not None:
            # A login goes over the wire in base64, which the server may repeat.
            plain = f"\0{self._username}\0{password}"
            sent = [base64.b64encode(text.encode()).decode() for text in (plain, password)]
            said = excerpt(failure[0], [password, *sent])
            told = f"{self.name} could not deliver to {self._host}: {said}"
            # Raised here, where no error that may repeat what was sent hangs on to it.
            raise (
                AlertDeliveryError.refused(told)
                if failure[1]
                else AlertDeliveryError.later(told, None)
            )

    def _try(self, message: EmailMessage, password: str) -> tuple[str, bool] | None:
        """Send a message; return the reason why it was not taken, and whether that is final."""
        deadline = time.monotonic() + self._timeout_s
        opened: list[smtplib.SMTP] = []
        try:
            with _cut_at(deadline, opened):
                client = self._client(opened)
                if self._security == "starttls":
                    client.starttls(context=verifying_context())
                if self._username is not None:
                    client.login(self._username, password)
                refused = client.send_message(message)
                with suppress(smtplib.SMTPException, OSError):  # the mail is taken, whatever comes
                    client.quit()
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        except smtplib.SMTPResponseException as error:
            return _said(error.smtp_code, error.smtp_error), error.smtp_code >= 500
        except smtplib.SMTPNotSupportedError as error:
            return f"the server does not do what is needed: {error}", True
        except UnicodeError:
            return "the password is not ASCII, which SMTP's login needs", True
        except (smtplib.SMTPException, OSError) as error:
            late = time.monotonic() >= deadline
            return (f"it took longer than {self._timeout_s:g} s" if late else str(error)), False
        finally:
            for each in opened:
                each.close()
        if not refused:
            return None
        code, said = next(iter(refused.values()))
        many = f"{len(refused)} of {len(self._recipients)} recipients are refused"
        return f"{many}: {_said(code, said)}", all(code >= 500 for code, _ in refused.values())

    def _client(self, opened: list[smtplib.SMTP]) -> smtplib.SMTP:
        # Named, for smtplib would else ask the name server who this is.
        name = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:253] or "localhost"
        options: dict[str, Any] = {"local_hostname": name, "timeout": self._timeout_s}
        if self._security == "tls":
            context = verifying_context()
            return _TlsClient(opened, self._host, self._port, context=context, **options)
        return _Client(opened, self._host, self._port, **options)

    def _message(self, notification: Notification) -> EmailMessage:
        lines = [shortened(line, _LINE) for line in notification.lines]
        title = shortened(notification.title, 200)
        word = "RESOLVED" if notification.state == "resolved" else notification.severity.upper()
        message = EmailMessage(policy=SMTP)
        message["Subject"] = f"[{word}] {title}"
        message["From"] = self._sender
        message["To"] = ", ".join(self._recipients)
        message["Date"] = formatdate(usegmt=True)
        digest = hashlib.sha256(notification.notification_id.encode("utf-8", "surrogatepass"))
        domain = self._sender.rpartition("@")[2]
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
    """Is known before it connects, so that it can be cut off while it does."""

    def __init__(self, opened: list[smtplib.SMTP], *server: Any, **options: Any) -> None:  # noqa: ANN401 - smtplib's
        opened.append(self)
        super().__init__(*server, **options)


class _TlsClient(_Client, smtplib.SMTP_SSL):
    pass


@contextmanager
def _cut_at(deadline: float, opened: Sequence[smtplib.SMTP]) -> Iterator[None]:
    """Cut connections at the deadline: a server that sends a byte now and then is never too slow for a socket."""

    def cut() -> None:
        for link in [each.sock for each in opened if each.sock is not None]:
            with suppress(OSError):  # it may be closed already
                socket.socket.shutdown(link, socket.SHUT_RDWR)

    timer = threading.Timer(max(deadline - time.monotonic(), 0), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _said(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"it answered {code}: {text}"
