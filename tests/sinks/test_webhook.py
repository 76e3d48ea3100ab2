"""Webhooks: signed so that anybody can verify."""

import base64
import json
import subprocess
import time

import pytest

from sparkmon.errors import AlertDeliveryError, OptionError
from sparkmon.sinks import Secret, WebhookSink
from tests.support.notifications import notification
from tests.support.sink import Posted, sink

KEY = bytes(range(24))


def posted(secret: str | None, monkeypatch: pytest.MonkeyPatch) -> tuple[Posted, dict[str, str]]:
    if secret is not None:
        monkeypatch.setenv("SIGNING", secret)
    held = Secret(env="SIGNING") if secret is not None else None
    with sink() as server:
        WebhookSink(server.url, secret=held).deliver(notification())
    (found,) = server.posted
    return found, {name.lower(): value for name, value in found.headers}


@pytest.mark.parametrize(
    ("secret", "key"), [("whsec_" + base64.b64encode(KEY).decode(), KEY), ("plain wörds", "plain wörds".encode())]
)
def test_openssl_computes_the_same_signature(secret: str, key: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    found, headers = posted(secret, monkeypatch)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + found.body
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}"]
    done = subprocess.run([*command, "-binary"], input=signed, capture_output=True, check=True)
    assert headers["webhook-signature"] == "v1," + base64.b64encode(done.stdout).decode()
    assert headers["webhook-id"] == "n1"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert json.loads(found.body)["notification_id"] == "n1"


def test_without_a_secret_nothing_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    _, headers = posted(None, monkeypatch)
    assert "webhook-signature" not in headers
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("secret", ["whsec_", "whsec_h*nter2"])
def test_a_key_that_is_none_is_refused_without_being_repeated(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match=r"Secret\(env='SIGNING'\) holds no key") as caught:
        posted(secret, monkeypatch)
    assert "nter2" not in str(caught.value)


def test_a_secret_is_read_anew_so_that_it_can_be_rotated(monkeypatch: pytest.MonkeyPatch) -> None:
    with sink() as server:
        hook = WebhookSink(server.url, bearer=Secret(env="TOKEN"))
        for token in ("first", "second"):
            monkeypatch.setenv("TOKEN", token)
            hook.deliver(notification())
    sent = [dict((k.lower(), v) for k, v in each.headers)["authorization"] for each in server.posted]
    assert sent == ["Bearer first", "Bearer second"]


def test_an_error_names_the_sink() -> None:
    with sink() as server:
        server.answers = [(410, {})]
        with pytest.raises(AlertDeliveryError, match=r"pager could not deliver to 127\.0\.0\.1"):
            WebhookSink(server.url, name="pager").deliver(notification())
