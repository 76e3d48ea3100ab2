"""Which certificates are trusted."""

from __future__ import annotations

import ssl


def verifying_context() -> ssl.SSLContext:
    """Make a context that verifies certificates and names.

    It trusts the machine's authorities, those in ``SSL_CERT_FILE`` or ``SSL_CERT_DIR`` if these variables are set
    (so that a company's or a cluster's own authority can be added), and those of certifi if that is installed.
    """
    context = ssl.create_default_context()
    try:
        import certifi
    except ImportError:
        return context
    context.load_verify_locations(certifi.where())
    return context
