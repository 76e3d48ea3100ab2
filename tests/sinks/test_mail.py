"""Mails, to a real SMTP server with STARTTLS and a login."""

import email
import email.policy
import socket
import threading
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from sparkmon.errors import AlertDeliveryError, OptionError
from sparkmon.sinks import EmailSink, Notification, Secret
from sparkmon.sinks.mail import Security
from tests.support.certificate import certificate
from tests.support.mail_server import PASSWORD, MailServer, mail_server
from tests.support.notifications import HOSTILE, alert, notification
from tests.support.raw_server import HANDSHAKE, raw_server, trickle

FROM, TO = "sparkmon@example.com", ["ann@example.com", "bob@example.com"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(autouse=True)
def _trusted(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD.decode())


def of(server: MailServer, security: Security = "starttls") -> EmailSink:
    """Log in where the server asks for it."""
    if security != "starttls":
        return EmailSink("localhost", FROM, TO, port=server.port, security=security)
    password = Secret(env="MAIL_PASSWORD")
    return EmailSink("localhost", FROM, TO, port=server.port, username="monitor", password=password)


def parsed(server: MailServer) -> EmailMessage:
    content = server.mails[-1].content
    assert isinstance(content, bytes)
    found = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def parts(found: EmailMessage) -> tuple[str, str]:
    bodies = [found.get_body((kind,)) for kind in ("plain", "html")]
    text, page = (body.get_content() for body in bodies if body is not None)
    return text, page


def failure(sink: EmailSink, told: Notification | None = None) -> AlertDeliveryError:
    with pytest.raises(AlertDeliveryError) as caught:
        sink.deliver(told or notification())
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


def test_a_mail_is_encrypted_logged_in_and_has_text_and_html(files: tuple[Path, Path]) -> None:
    with mail_server(files) as server:
        of(server).deliver(notification(alert(message="x < y")))
        of(server).deliver(notification(alert(message="x < y")))
        of(server).deliver(notification(identity="n2"))
    assert server.encrypted == [True] * 3
    assert server.mails[0].rcpt_tos == TO
    first, second, third = (
        email.message_from_bytes(each.content) for each in server.mails if isinstance(each.content, bytes)
    )
    assert first["Message-ID"] == second["Message-ID"] != third["Message-ID"]
    assert first["Message-ID"].endswith("@example.com>")
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["To"] == "ann@example.com, bob@example.com"
    server.mails = server.mails[:1]
    text, page = parts(parsed(server))
    assert "x < y" in text
    assert "<li>warning: x &lt; y</li>" in page
    assert "notification n1" in text
    assert parsed(server)["Subject"].startswith("[WARNING] flights (version 2): 1 alert in the window")


@pytest.mark.parametrize("mode", ["tls", "plain"])
def test_other_ways_to_connect(files: tuple[Path, Path], mode: Security) -> None:
    with mail_server(files, mode=mode) as server:
        of(server, mode).deliver(notification(alert(state="resolved")))
    assert server.encrypted == [mode == "tls"]
    assert parsed(server)["Subject"].startswith("[RESOLVED] flights (version 2): 1 alert resolved")


def test_a_hostile_name_makes_no_header_and_no_tag(files: tuple[Path, Path]) -> None:
    told = notification(alert(model=HOSTILE, message=HOSTILE), identity="n1\r\nBcc: x@example.com")
    with mail_server(files) as server:
        of(server).deliver(told)
    found = parsed(server)
    assert found["Bcc"] is None
    assert found["Subject"].startswith("[WARNING] temp\\r\\nBcc: all@example.com\\n*bold*")
    assert server.mails[0].rcpt_tos == TO
    text, page = parts(found)
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;amp;" in page
    assert "\x1b" not in text + page


def test_endless_names_are_cut(files: tuple[Path, Path]) -> None:
    many = [alert(model="m" * 50_000, message="é" * 50_000) for _ in range(40)]
    with mail_server(files) as server:
        of(server).deliver(notification(*many))
    assert len(server.mails[0].content or b"") < 800_000
    assert len(parsed(server)["Subject"]) < 250
    assert "and 20 more" in parts(parsed(server))[0]


@pytest.mark.parametrize(("answer", "permanent"), [("451 greylisted, try again", False), ("554 no spam", True)])
def test_codes_of_the_server_say_whether_it_may_pass(files: tuple[Path, Path], answer: str, permanent: bool) -> None:
    with mail_server(files) as server:
        server.of_mails = answer
        error = failure(of(server))
        assert error.permanent is permanent
        assert f"email could not deliver to localhost: it answered {answer[:3]}: {answer[4:]}" in str(error)
        server.of_mails, server.of_recipients = "250 OK", {TO[0]: answer}
        error = failure(of(server))
        assert (error.permanent, len(server.mails)) == (permanent, 2)
        assert f"1 of 2 recipients are refused: it answered {answer[:3]}" in str(error)
        server.of_recipients = dict.fromkeys(TO, answer)
        error = failure(of(server))
        assert (error.permanent, len(server.mails)) == (permanent, 2)


def test_a_wrong_password_is_permanent_and_not_shown(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(files) as server:
        for password in ("wr0ng-one", "wröng-one"):
            monkeypatch.setenv("MAIL_PASSWORD", password)
            error = failure(of(server))
            assert error.permanent
            assert "ng-one" not in str(error)


def test_a_server_that_cannot_encrypt_is_not_trusted(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(files, mode="plain") as server:
        error = failure(EmailSink("localhost", FROM, TO, port=server.port))
        assert error.permanent
        assert "STARTTLS extension not supported" in str(error)
    monkeypatch.delenv("SSL_CERT_FILE")
    with mail_server(files) as server:
        error = failure(of(server))
        assert not error.permanent
        assert "CERTIFICATE_VERIFY_FAILED" in str(error)
    assert server.mails == []


@pytest.mark.slow
def test_a_server_that_hangs_or_trickles_is_bounded() -> None:
    scripts: list[tuple[Security, bytes]] = [*(("plain", b""), ("plain", b"220-" + b"x" * 1000)), ("tls", HANDSHAKE)]
    for security, text in scripts:
        with raw_server(trickle(text)) as port:
            began = time.monotonic()
            sink = EmailSink("127.0.0.1", FROM, TO, port=port, security=security, timeout_s=0.5)
            error = failure(sink)
            assert time.monotonic() - began < 30  # it would hang for good
        assert not error.permanent
        assert "longer than 0.5 s" in str(error)


def test_a_server_that_says_goodbye_may_be_back() -> None:
    def hang_up(link: socket.socket, over: threading.Event) -> None:
        link.sendall(b"421 4.3.2 shutting down\r\n")

    with raw_server(hang_up) as port:
        error = failure(EmailSink("127.0.0.1", FROM, TO, port=port, security="plain"))
    assert not error.permanent
    assert "421: 4.3.2 shutting down" in str(error)
    error = failure(EmailSink("127.0.0.1", FROM, TO, port=port, security="plain"))
    assert "Connection refused" in str(error)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sender": "a@example.com\r\nBcc: b@example.com"}, "expected one such as"),
        ({"recipients": ["a@example.com, b@example.com"]}, "expected one such as"),
        ({"recipients": "a@example.com"}, "a list of 1 to 100 addresses"),
        ({"recipients": []}, "a list of 1 to 100 addresses"),
        ({"host": "mail.example.com/x"}, "the name of an SMTP server"),
        ({"security": "ssl"}, "starttls, tls, plain"),
        ({"username": "ann"}, "one of username and password"),
        ({"port": 0}, "1 to 65535"),
        ({"timeout_s": 0}, "seconds above 0"),
        ({"username": "a", "password": Secret(env="X"), "security": "plain"}, "which can be read on the way"),
    ],
)
def test_an_invalid_option_is_refused(options: dict[str, Any], said: str) -> None:
    good: dict[str, Any] = {"host": "mail.example.com", "sender": FROM, "recipients": TO}
    with pytest.raises(OptionError, match=said):
        EmailSink(**(good | options))
