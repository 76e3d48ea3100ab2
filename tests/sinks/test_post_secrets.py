"""What a POST is not told to do, and what it tells nobody."""

import logging
import socket
import threading

import pytest

from sparkmon.errors import AlertDeliveryError, OptionError
from sparkmon.sinks import Secret
from tests.support.posting import HEADERS, Post, failure
from tests.support.raw_server import raw_server, read_request
from tests.support.sink import sink


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://example.com/", "file:///etc/passwd", "example.com/s3cret", "http:///s3cret", ""),
        *("http://user:s3cret@example.com/", "http://s3cret@example.com/", "http://a b/s3cret"),
        *("http://example.com/s3cret\r\nX: y", "http://example.com\\@evil/s3cret", "http://h:x/s3cret"),
        *("http://[::1/s3cret", "http://example.com:99999/s3cret", "javascript:s3cret"),
    ],
)
def test_what_is_no_plain_url_is_refused_without_being_repeated(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError) as caught:
        Post(url)
    assert "s3cret" not in str(caught.value)
    if url:
        monkeypatch.setenv("HOOK", url)
        with pytest.raises(OptionError, match=r"Secret\(env='HOOK'\)") as caught:
            Post(Secret(env="HOOK")).send(b"", HEADERS)
        assert "s3cret" not in str(caught.value)


def test_only_allowed_hosts_are_named() -> None:
    with pytest.raises(OptionError, match="not in allowed_hosts"):
        Post("https://hooks.slack.com.evil.example/", allowed_hosts=["hooks.slack.com"])
    with pytest.raises(OptionError, match="a list of host names"):
        Post("https://a.example/", allowed_hosts="a.example")


def test_a_secret_url_is_read_anew_and_shown_nowhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def repeats(link: socket.socket, over: threading.Event) -> None:
        path = read_request(link).split()[1].decode()
        link.sendall(f"HTTP/1.1 404 No\r\nX-Path: {path}\r\n\r\nnot there: {path}".encode())

    with raw_server(repeats) as port:
        post = Post(Secret(env="HOOK"))
        for path in ("T000/B000/XXXXsecret1", "T000/B000/XXXX%73ecret2"):
            monkeypatch.setenv("HOOK", f"http://127.0.0.1:{port}/services/{path}")
            error = failure(post)
            assert str(error).endswith(
                "hook could not deliver to the url in Secret(env='HOOK'): it answered 404: not there: ***"
            )
    assert "secret" not in caplog.text
    assert "127.0.0.1" not in str(error)


def test_a_token_with_a_line_break_is_refused_without_being_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hunter2\r\nX-Admin: 1")
    with pytest.raises(OptionError, match="holds no bearer token") as caught:
        Post("http://127.0.0.1:9/", bearer=Secret(env="TOKEN")).send(b"", HEADERS)
    assert "hunter2" not in str(caught.value)


def test_a_header_that_is_none_is_refused() -> None:
    with sink() as server:
        post = Post(server.url)
        with pytest.raises(AlertDeliveryError, match="a header that HTTP does not allow") as caught:
            post.send(b"", {"webhook-id": "hunter2\r\nX: y"})
    assert caught.value.permanent
    assert server.posted == []
