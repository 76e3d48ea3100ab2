"""Notifications as signed JSON, to any URL."""

import base64
import binascii
import hmac
import time
from dataclasses import dataclass, field

from sparkmon.errors import OptionError
from sparkmon.secret import Secret
from sparkmon.sinks.notification import Notification, notification_json
from sparkmon.sinks.sink import HttpSink, register_sink

_PREFIX = "whsec_"


@register_sink
@dataclass(frozen=True)
class WebhookSink(HttpSink):
    """Post a notification as JSON, signed as the Standard Webhooks say.

    Notes
    -----
    The body is that of :func:`sparkmon.sinks.notification.notification_json`. ``webhook-id`` is the
    ``notification_id``, the same whenever it is delivered again. A receiver keeps the bytes as they came, computes

    ``"v1," + base64(hmac_sha256(key, webhook-id + "." + webhook-timestamp + "." + body))``

    with the key behind the ``whsec_`` base64-decoded, compares it in constant time, and refuses a timestamp that is
    more than five minutes off. The libraries of standardwebhooks.com do that.

    References
    ----------
    Standard Webhooks, specification 1.0 (2023), https://www.standardwebhooks.com

    Examples
    --------
    What a receiver written in Python does, with the example of that specification's libraries:

    >>> import base64, hashlib, hmac
    >>> def is_authentic(secret, headers, body):
    ...     key = base64.b64decode(secret.removeprefix("whsec_"))
    ...     signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    ...     wanted = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    ...     return any(hmac.compare_digest(wanted, each) for each in headers["webhook-signature"].split())
    >>> headers = {
    ...     "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    ...     "webhook-timestamp": "1614265330",
    ...     "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ... }
    >>> is_authentic("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", headers, b'{"test": 2432232314}')
    True
    """

    kind = "webhook"

    secret: Secret | None = field(default=None, kw_only=True)
    """What signs the body: ``whsec_`` and base64, or any text. Without it nothing is signed."""
    bearer: Secret | None = field(default=None, kw_only=True)
    """The token for ``Authorization: Bearer``."""

    def deliver(self, notification: Notification) -> None:
        """Post it once."""
        body, timestamp = notification_json(notification), int(time.time())
        headers = {"webhook-id": notification.notification_id, "webhook-timestamp": str(timestamp)}
        hidden = []
        if self.secret is not None:
            secret = self.secret.read()
            key = _key_of(secret)
            if key is None:
                raise OptionError(f"{self.secret!r} holds no key; expected whsec_ and base64, or any text")
            signed = f"{notification.notification_id}.{timestamp}.".encode() + body
            headers["webhook-signature"] = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
            hidden = [secret, secret.removeprefix(_PREFIX)]
        self.post(body, headers, bearer=self.bearer, hidden=hidden)


def _key_of(secret: str) -> bytes | None:
    """Return the key of a signing secret: ``whsec_`` and base64, or any other text; None if that is no base64."""
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True) or None
    except binascii.Error:
        return None
