"""A real SMTP server on loopback that keeps the mails it takes, and refuses what it is told to refuse."""

import base64
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

__all__ = ["MailServer", "mail_server"]

USER, PASSWORD = b"monitor", b"p4ssw0rd"


class MailServer:
    """The mails, and the answers to recipients and to mails where they are refused."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.encrypted: list[bool] = []
        self.of_recipients: dict[str, str] = {}
        self.of_mails = "250 OK"
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: object, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        answer = self.of_recipients.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take or refuse a mail."""
        self.mails.append(envelope)
        assert server.transport is not None
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return self.of_mails


def check(server: object, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    """Let one user in, and tell others what they said, as no good server does."""
    assert isinstance(data, LoginPassword)
    if (data.login, data.password) == (USER, PASSWORD):
        return AuthResult(success=True)
    said = base64.b64encode(b"\0" + data.login + b"\0" + data.password).decode()
    message = f"535 not {data.password.decode('ascii', 'replace')!r}, {said}"
    return AuthResult(success=False, handled=False, message=message)


@contextmanager
def mail_server(files: tuple[Path, Path], *, mode: str = "starttls") -> Iterator[MailServer]:
    """Serve ``localhost``: ``starttls`` with a login, ``tls``, or ``plain``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    kept = MailServer()
    login = {"auth_required": True, "authenticator": check}
    modes: dict[str, dict[str, Any]] = {
        "starttls": {"tls_context": context, "require_starttls": True, **login},
        "tls": {"ssl_context": context},
        "plain": {},
    }
    with socket.create_server(("127.0.0.1", 0)) as probe:
        kept.port = int(probe.getsockname()[1])
    controller = Controller(kept, hostname="127.0.0.1", port=kept.port, **modes[mode])
    controller.start()
    try:
        yield kept
    finally:
        controller.stop()
