"""The receiver's certificate: read before it starts, and again when its files change."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from typing import Any

from sparkmon.errors import OptionError
from sparkmon.receiver.settings import ReceiverSettings

logger = logging.getLogger(__name__)

_CHECK_S = 10.0


def tls_options(settings: ReceiverSettings) -> dict[str, Any]:
    """Return uvicorn's options for the settings' TLS: none without a certificate."""
    if settings.tls_cert is None:
        return {}
    verify = ssl.CERT_NONE if settings.tls_client_ca is None else ssl.CERT_REQUIRED
    return {
        "ssl_certfile": settings.tls_cert,
        "ssl_keyfile": settings.tls_key,
        "ssl_ca_certs": settings.tls_client_ca,
        "ssl_cert_reqs": verify,
    }


def check_tls(settings: ReceiverSettings) -> None:
    """Raise OptionError if no server can start with these certificates."""
    if settings.tls_cert is None:
        return
    try:
        _load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), settings)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise OptionError(
            f"cannot use the certificate {settings.tls_cert} with the key {settings.tls_key}"
            + (f" and the authorities {settings.tls_client_ca}" if settings.tls_client_ca else "")
            + f" ({reason}); expected files in PEM, and a key without a password"
        ) from error


async def keep_certificate(context: ssl.SSLContext, settings: ReceiverSettings) -> None:
    """Load the certificate again whenever its files change: later connections get the new one; runs forever.

    An authority that is added to ``tls_client_ca`` is trusted from then on; one that is removed, after a restart.
    """
    times = _changed_times(settings)
    while True:
        await asyncio.sleep(_CHECK_S)
        now = _changed_times(settings)
        if now == times:
            continue
        try:
            check_tls(settings)  # so that no half of a pair gets into use
            _load(context, settings)
        except (OptionError, OSError) as error:
            logger.error("the certificate has changed and cannot be used: %s", error)
        else:
            logger.info("the certificate %s has been loaded again", settings.tls_cert)
        times = now


def _load(context: ssl.SSLContext, settings: ReceiverSettings) -> None:
    # With a password of our own no encrypted key asks for one on the terminal.
    context.load_cert_chain(settings.tls_cert or "", settings.tls_key, password="")
    if settings.tls_client_ca is not None:
        context.load_verify_locations(settings.tls_client_ca)


def _changed_times(settings: ReceiverSettings) -> list[int | None]:
    files = (settings.tls_cert, settings.tls_key, settings.tls_client_ca)
    return [_changed_time(file) for file in files if file is not None]


def _changed_time(file: str) -> int | None:
    try:
        return os.stat(file).st_mtime_ns
    except OSError:
        return None
