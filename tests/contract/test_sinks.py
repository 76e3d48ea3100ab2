"""What every alert sink keeps, found by inspection: a kind, a manual, an entry in ``monitor.yaml``, and its secrets."""

import importlib
import inspect
import logging
import pkgutil
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sparkmon
from sparkmon import sinks
from sparkmon.config import options_of
from sparkmon.errors import AlertDeliveryError
from sparkmon.sinks import AlertSink, Secret
from tests.support.certificate import certificate
from tests.support.mail_server import mail_server
from tests.support.notifications import notification
from tests.support.raw_server import raw_server, read_request

PLANTED = "Pl4nted-s3cret-0123456789"
WITHOUT_SECRETS = {"console", "hopsworks", "log"}


def found_sinks() -> list[type[AlertSink]]:
    """Import every module of the room, and list the sinks of it that can be made."""
    for module in pkgutil.iter_modules(sinks.__path__):
        importlib.import_module(f"sparkmon.sinks.{module.name}")
    found: list[type[AlertSink]] = []
    waiting = [AlertSink]
    while waiting:
        below = [each for each in waiting.pop().__subclasses__() if each.__module__.startswith(f"{sinks.__name__}.")]
        waiting += below
        found += [each for each in below if not inspect.isabstract(each)]
    return sorted(found, key=lambda each: each.__name__)


SINKS = found_sinks()
every_sink = pytest.mark.parametrize("sink", SINKS, ids=lambda sink: sink.__name__)


def test_kinds_are_distinct_and_registered() -> None:
    kinds = [sink.kind for sink in SINKS]
    assert len(kinds) >= 9
    assert list(sinks.SINKS) == sorted(kinds)
    assert [sinks.SINKS.get(sink.kind) for sink in SINKS] == SINKS


@every_sink
def test_every_option_has_a_description(sink: type[AlertSink]) -> None:
    options = options_of(sink)
    assert list(options) == [name for name in inspect.signature(sink).parameters if name != "stream"]
    assert [name for name, option in options.items() if not option.description] == []
    assert "Examples\n--------" in (inspect.getdoc(sink) or "") or sink.kind == "console"


@every_sink
def test_a_sink_is_exported_and_can_be_named(sink: type[AlertSink]) -> None:
    assert getattr(sinks, sink.__name__) is sink
    assert "name" in inspect.signature(sink).parameters
    assert sink.__name__ in dir(sparkmon)


# Sinks that fail with a secret in whatever they were given.

Sink = Callable[[str], AlertSink]
ECHOES: dict[str, Sink] = {
    "webhook": lambda url: sinks.WebhookSink(
        Secret(env="PLANTED_URL"), secret=Secret(env="PLANTED"), bearer=Secret(env="PLANTED")
    ),
    "slack": lambda url: sinks.SlackSink(Secret(env="PLANTED_URL")),
    "teams": lambda url: sinks.TeamsSink(Secret(env="PLANTED_URL")),
    "alertmanager": lambda url: sinks.AlertmanagerSink(Secret(env="PLANTED_URL"), bearer=Secret(env="PLANTED")),
}
"""Those that post over HTTP."""
OTHERS = {"email", "kafka"}


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED", PLANTED)


def assert_not_shown(
    sink: AlertSink, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> AlertDeliveryError:
    """Make a sink fail, and search everything that anybody could come to read."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(AlertDeliveryError) as caught:
        sink.deliver(notification())
    told = [repr(sink), *traceback.format_exception(caught.value), *chained(caught.value)]
    own = [record for record in caplog.records if record.name != "mail.log"]  # the server's
    told += [f"{record.getMessage()} {vars(record)!r}" for record in own]
    told += capfd.readouterr()
    assert [text for text in told if PLANTED in text] == []
    return caught.value


def chained(error: BaseException | None) -> Iterator[str]:
    """Say what an error and all that hang on to it hold, shown or not."""
    while error is not None:
        yield f"{error!s} {error!r} {error.args!r} {vars(error)!r}"
        error = error.__cause__ or error.__context__


def test_each_sink_with_secrets_is_made_to_fail_below() -> None:
    assert {sink.kind for sink in SINKS} == {*ECHOES, *OTHERS, *WITHOUT_SECRETS}


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "503 Busy", "302 Found", "nonsense"])
@pytest.mark.parametrize("kind", sorted(ECHOES))
def test_a_server_that_repeats_what_it_got_is_not_repeated(
    kind: str,
    status: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def repeat(link: socket.socket, over: threading.Event) -> None:
        got = read_request(link)
        path = got.split(b" ")[1]
        head = b"HTTP/1.1 " + status.encode() + b"\r\nLocation: https://" + path[1:] + path + b"\r\n"
        link.sendall(head + b"X-Got: " + path + b"\r\n\r\n" + got)

    with raw_server(repeat) as port:
        url = f"http://127.0.0.1:{port}/{PLANTED}"
        monkeypatch.setenv("PLANTED_URL", url)
        if status.startswith("200"):
            caplog.set_level(logging.DEBUG)
            ECHOES[kind](url).deliver(notification())
            assert PLANTED not in caplog.text
            return
        error = assert_not_shown(ECHOES[kind](url), caplog, capfd)
    assert "127.0.0.1" not in str(error)


@pytest.mark.parametrize("kind", sorted(ECHOES))
@pytest.mark.parametrize("place", ["127.0.0.1:9", "169.254.169.254", f"{PLANTED}.invalid"])
def test_a_url_that_cannot_be_reached_is_not_shown(
    kind: str,
    place: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PLANTED_URL", f"http://{place}/{PLANTED}?x={PLANTED}")
    error = assert_not_shown(ECHOES[kind](place), caplog, capfd)
    assert place.lower() not in str(error).lower()


def test_a_password_of_the_mail_server_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    files = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
    with mail_server(files) as server:
        sink = sinks.EmailSink(
            *("localhost", "a@example.com", ["b@example.com"]),
            port=server.port,
            username="ann",
            password=Secret(env="PLANTED"),
        )
        error = assert_not_shown(sink, caplog, capfd)
    assert "it answered 535: not '***', ***" in str(error)


@pytest.mark.parametrize("key", ["sasl.password", "sasl.mechanism", "compression.type", "ssl.key.pem"])
def test_a_setting_of_kafka_is_not_shown(
    key: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    login = {"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.username": "ann"}
    given: dict[str, str | Secret] = {**login, key: Secret(env="PLANTED")}
    sink = sinks.KafkaSink("127.0.0.1:9", "alerts", settings=given, timeout_s=0.5)
    assert_not_shown(sink, caplog, capfd)
