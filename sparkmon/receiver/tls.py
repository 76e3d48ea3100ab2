"""The receiver's certificate: read before it starts, and again when its files change."""

import asyncio
import logging
import os
import ssl
from contextlib import suppress

from sparkmon.errors import OptionError
from sparkmon.receiver.settings import ReceiverSettings

logger = logging.getLogger(__name__)

_CHECK_S = 10.0


def tls_context(settings: ReceiverSettings) -> ssl.SSLContext | None:
    """Return the server's side of TLS, or None without a certificate; OptionError if the files cannot be used."""
    if settings.tls_cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if settings.tls_client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    try:
        _load(context, settings)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise OptionError(
            f"cannot use the certificate {settings.tls_cert} with the key {settings.tls_key}"
            + (f" and the authorities {settings.tls_client_ca}" if settings.tls_client_ca else "")
            + f" ({reason}); expected files in PEM, and a key without a password"
        ) from error
    return context


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
            tls_context(settings)  # so that no half of a pair gets into use
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


def _changed_times(settings: ReceiverSettings) -> dict[str, int]:
    times = {}
    for file in (settings.tls_cert, settings.tls_key, settings.tls_client_ca):
        with suppress(OSError):
            times[file or ""] = os.stat(file or "").st_mtime_ns
    return times
