"""The POST that all HTTP sinks share: where it goes, how long it takes, what its errors say."""

import socket
import ssl
import threading
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import pytest

from sparkmon.sinks import Secret
from tests.support.certificate import certificate
from tests.support.posting import HEADERS, Post, failure
from tests.support.raw_server import HANDSHAKE, raw_server, read_request, trickle
from tests.support.sink import sink


def test_a_body_is_posted_with_its_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t0ken")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with sink() as server:
        Post(server.url + "in?x=1", bearer=Secret(env="TOKEN")).send(b"[1]", HEADERS)
    (posted,) = server.posted
    assert (posted.path, posted.body) == ("/in?x=1", b"[1]")
    headers = {name.lower(): value for name, value in posted.headers}
    assert headers["authorization"] == "Bearer t0ken"
    assert headers["host"] == server.url[7:-1]


def test_an_address_of_ipv6_is_a_host_in_brackets() -> None:
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with server:
        port = server.getsockname()[1]
        thread = threading.Thread(target=lambda: failure(Post(f"http://[::1]:{port}/api?x=1")))
        thread.start()
        with server.accept()[0] as link:
            lines = read_request(link).split(b"\r\n")
        thread.join()
    assert lines[0] == b"POST /api?x=1 HTTP/1.1"
    assert [each for each in lines if each.lower().startswith(b"host:")] == [b"host: [::1]:%d" % port]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422])
def test_what_the_server_refuses_is_final(status: int) -> None:
    with sink() as server:
        server.answers = [(status, {"Retry-After": "7"})]
        error = failure(Post(server.url))
    assert (error.permanent, error.retry_after_s) == (True, None)
    assert str(error).endswith(f"hook could not deliver to 127.0.0.1: it answered {status}")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_later(status: int) -> None:
    with sink() as server:
        server.answers = [(status, {"Retry-After": "7"})]
        error = failure(Post(server.url))
    assert (error.permanent, error.retry_after_s) == (False, 7.0)


def test_retry_after_may_be_a_date_and_is_a_day_at_most() -> None:
    soon = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=90), usegmt=True)
    with sink() as server:
        server.answers = [(429, {"Retry-After": soon})]
        assert 85 < (failure(Post(server.url)).retry_after_s or 0) <= 90
        for value in ("86400", "9" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT"):
            server.answers = [(503, {"Retry-After": value})]
            assert failure(Post(server.url)).retry_after_s == 86400
        for value in ("-5", "soon", "", "1e3", "Mon, 99 Foo 2026"):
            server.answers = [(503, {"Retry-After": value})]
            assert failure(Post(server.url)).retry_after_s is None


def test_a_redirect_is_not_followed_and_its_host_is_reported() -> None:
    with sink() as other, sink() as server:
        place = other.url.replace("//", "//user:hunter2@") + "secret/path"
        server.answers = [(307, {"Location": place})]
        error = failure(Post(server.url))
    assert other.posted == []
    assert error.permanent
    assert f"redirects to {other.url[7:-1]} (307)" in str(error)
    assert "hunter2" not in str(error)
    assert "secret" not in str(error)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scheme", "start"),
    [
        ("http", b""),
        ("http", b"HTTP/1.1 200 OK\r\n" + b"X-Slow: " + b"x" * 1000),
        ("http", b"HTTP/1.1 100 Continue\r\n\r\n" * 99),
        ("https", HANDSHAKE),
    ],
)
def test_a_server_that_hangs_or_trickles_has_its_time_and_no_more(scheme: str, start: bytes) -> None:
    with raw_server(trickle(start)) as port:
        began = time.monotonic()
        error = failure(Post(f"{scheme}://127.0.0.1:{port}/", timeout_s=0.5))
        assert time.monotonic() - began < 15  # it would hang for good
    assert not error.permanent
    assert "it did not answer within 0.5 s" in str(error)


def test_a_server_that_does_not_read_is_bounded_too() -> None:
    def never_reads(link: socket.socket, over: threading.Event) -> None:
        over.wait()

    with raw_server(never_reads) as port:
        began = time.monotonic()
        failure(Post(f"http://127.0.0.1:{port}/", timeout_s=0.5), b"x" * 30_000_000)
        assert time.monotonic() - began < 15  # it would hang for good


def test_a_trickling_body_does_not_hide_the_status() -> None:
    head = b"HTTP/1.1 404 Not Found\r\ncontent-length: 99999\r\n\r\n"

    def script(link: socket.socket, over: threading.Event) -> None:
        link.sendall(head)
        trickle(b"no such hook" * 99)(link, over)

    with raw_server(script) as port:
        began = time.monotonic()
        error = failure(Post(f"http://127.0.0.1:{port}/", timeout_s=0.5))
        assert time.monotonic() - began < 15  # it would hang for good
    assert "it answered 404: no such" in str(error)
    assert error.permanent


def test_little_of_an_endless_answer_is_read_and_less_is_shown() -> None:
    sent = []

    def script(link: socket.socket, over: threading.Event) -> None:
        link.sendall(b"HTTP/1.1 400 Bad\r\ntransfer-encoding: chunked\r\n\r\n")
        while not over.is_set():
            link.sendall(b"1000\r\n" + b"\x00\x1b" * 2048 + b"\r\n")
            sent.append(4096)

    with raw_server(script) as port:
        error = failure(Post(f"http://127.0.0.1:{port}/"))
    assert sum(sent) < 20_000_000
    told = str(error).partition("it answered 400: ")[2]
    assert 150 < len(told) <= 200
    assert told.isprintable()


def test_nonsense_and_closed_ports_may_pass() -> None:
    def greets(link: socket.socket, over: threading.Event) -> None:
        read_request(link)
        link.sendall(b"220 mail.example.com\r\n")

    with raw_server(greets) as port:
        error = failure(Post(f"http://127.0.0.1:{port}/"))
    assert "it does not answer as HTTP/1.1 says" in str(error)
    error = failure(Post(f"http://127.0.0.1:{port}/"))
    assert "cannot be reached" in str(error)
    assert not error.permanent


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "0.0.0.0"]
)
def test_metadata_addresses_are_refused_even_if_allowed(host: str) -> None:
    post = Post(f"http://{host}/latest/meta-data", allowed_hosts=[host.strip("[]")])
    error = failure(post)
    assert error.permanent
    assert "nothing is sent to its address" in str(error)


def resolving_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name resolve to the next of these addresses, as a hostile name server would."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def answer(host: str, port: int, *args: object, **options: object) -> object:
        if host.replace(".", "").isdigit():
            return real(host, port)
        asked.append(host)
        address = addresses[min(len(asked), len(addresses)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


def test_a_public_name_with_a_private_address_has_to_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving_to(monkeypatch, "127.0.0.1")
    with sink() as server:
        url = server.url.replace("127.0.0.1", "alerts.example.com")
        error = failure(Post(url))
        assert (error.permanent, server.posted) == (True, [])
        assert "it is private; name its host in allowed_hosts to allow it" in str(error)
        Post(url, allowed_hosts=["Alerts.example.com"]).send(b"{}", HEADERS)
        Post(url.replace("alerts.example.com", "alertmanager")).send(b"{}", HEADERS)
    assert len(server.posted) == 2


def test_a_name_is_resolved_once_and_the_address_that_was_checked_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with sink() as server:
        asked = resolving_to(monkeypatch, "127.0.0.1", "169.254.169.254")
        url = server.url.replace("127.0.0.1", "rebinding.internal")
        Post(url).send(b"{}", HEADERS)
    assert asked == ["rebinding.internal"]
    ((_, host),) = [pair for pair in server.posted[0].headers if pair[0].lower() == "host"]
    assert host.startswith("rebinding.internal:")


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        over.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    began = time.monotonic()
    error = failure(Post("http://slow.internal/", timeout_s=0.3))
    over.set()
    assert time.monotonic() - began < 15  # it would hang for good
    assert "not resolved in time" in str(error)


def test_certificates_are_verified_and_an_own_authority_can_be_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)

    def answer(link: socket.socket, over: threading.Event) -> None:
        with context.wrap_socket(link, server_side=True) as secured:
            read_request(secured)
            secured.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with raw_server(answer) as port:
        url = f"https://localhost:{port}/"
        error = failure(Post(url))
        assert (error.permanent, "CERTIFICATE_VERIFY_FAILED" in str(error)) == (False, True)
        monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
        Post(url).send(b"{}", HEADERS)
        # The certificate is for localhost, and so not for its address.
        assert "CERTIFICATE_VERIFY" in str(failure(Post(url.replace("localhost", "127.0.0.1"))))
