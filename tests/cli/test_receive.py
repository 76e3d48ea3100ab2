"""``sparkmon receive`` says what is wrong with its options before it listens."""

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sparkmon.cli.app import app
from sparkmon.errors import OptionError
from sparkmon.receiver.settings import ReceiverSettings


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--token-file", "absent"], r"cannot read Secret\(file='absent'\): No such file"),
        (["--token-env", "NOT_SET_ANYWHERE"], r"Secret\(env='NOT_SET_ANYWHERE'\) holds nothing"),
        (["--token-file", "a", "--token-env", "B"], "neither or both of env and file"),
        (["--tls-cert", "a.crt"], "one of tls_cert and tls_key"),
        (["--tls-cert", "a", "--tls-key", "b"], "cannot use the certificate a with the key b"),
        (["--tls-client-ca", "ca.crt"], "tls_client_ca without tls_cert"),
        (["--max-connections", "0"], "got max_connections=0; expected 1 to 100000"),
        (["--max-header-kib", "1"], "got max_header_bytes=1024; expected 4096 to"),
        (["--max-headers", "3"], "got max_headers=3; expected 16 to"),
        (["--request-seconds", "0"], "got request_seconds=0"),
        (["--keep-alive-seconds", "0"], "got keep_alive_seconds=0"),
        (["--max-clients", "0"], "got max_clients=0"),
        (["--max-events-per-second", "-1"], "got max_events_per_second=-1"),
        (["--max-client-events-per-second", "nan"], "got max_client_events_per_second=nan"),
    ],
)
def test_a_wrong_option_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OptionError, match=said):
        CliRunner().invoke(app, ["receive", "spool", *options], catch_exceptions=False)


def test_the_defaults_are_those_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[ReceiverSettings] = []
    monkeypatch.setattr("sparkmon.receiver.app.serve", lambda settings, _: served.append(settings))
    for options in ([], ["--max-event-mib", "64"]):
        CliRunner().invoke(app, ["receive", str(tmp_path), *options], catch_exceptions=False)
    assert served[0] == ReceiverSettings(str(tmp_path))
    assert served[1].max_pending_bytes == 256 * 2**20  # four such bodies


def test_an_address_that_cannot_be_listened_on_is_a_wrong_option(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OptionError, match=f"cannot listen on 127.0.0.1:{port}"):
            CliRunner().invoke(app, ["receive", f"{tmp_path}/spool", "--port", f"{port}"], catch_exceptions=False)


def test_the_help_explains_access_and_limits() -> None:
    found = CliRunner().invoke(app, ["receive", "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert found.exit_code == 0
    for word in ("Access", "--token-file", "--tls-client-ca", "Limits", "--request-seconds"):
        assert word in found.output
