"""Who may see pages and who may act: passwords, the names of hosts, and requests that other sites forge."""

import base64
import binascii
import getpass
import hmac
import secrets
from hashlib import sha256

from fastapi import HTTPException, Request

from sparkmon.dashboard.settings import DashboardSettings

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # plotly writes styles, and no scripts
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""The Content-Security-Policy: nothing is loaded from elsewhere, and no script that is written into a page runs."""
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


_LONGEST_NAME = 200


class Access:
    """Checks requests, and says who made them."""

    def __init__(self, settings: DashboardSettings) -> None:
        self._settings = settings
        self._key = secrets.token_bytes(32)
        if settings.token is not None:
            settings.token.read()  # fails now, not at the first request

    def user(self, request: Request) -> str:
        """Return who asks, empty if that is not known.

        HTTPException if they have to show a password, or come by a name of a host that is not ours.
        """
        accepted = self._settings.accepted_hosts
        if "*" not in accepted and (request.url.hostname or "") not in accepted:
            raise HTTPException(421, "This name of a host is not the dashboard's; see --hostname.")
        name = "" if self._settings.token is None else self._password_user(request)
        if self._settings.user_header is not None:
            name = request.headers.get(self._settings.user_header) or name
        elif self._settings.token is None and self._settings.is_local:
            name = getpass.getuser()
        return name[:_LONGEST_NAME]

    def _password_user(self, request: Request) -> str:
        """Return the user's name of HTTP Basic, whose password is the token."""
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name, password = "", ""
        assert self._settings.token is not None
        digests = [sha256(each.encode()).digest() for each in (password, self._settings.token.read())]
        if scheme.lower() != "basic" or not hmac.compare_digest(*digests) or not name:
            challenge = {"www-authenticate": 'Basic realm="sparkmon"'}
            raise HTTPException(401, "Give your name, and the dashboard's token as the password.", challenge)
        return name

    def form_token(self, user: str) -> str:
        """Return what a form of this user has to carry, so that no other site can send it."""
        return hmac.new(self._key, user.encode("utf-8", "surrogatepass"), sha256).hexdigest()

    def check_form(self, request: Request, user: str, token: str) -> None:
        """Refuse a form if writing is off, or if it was not this dashboard that gave it to this user."""
        if not self._settings.write:
            raise HTTPException(403, "The dashboard was started without --write.")
        if not user:
            raise HTTPException(403, f"The header {self._settings.user_header} does not say who you are.")
        is_ours = hmac.compare_digest(token.encode(), self.form_token(user).encode())
        if not is_ours or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise HTTPException(403, "The form is not of this page; load it again.")
