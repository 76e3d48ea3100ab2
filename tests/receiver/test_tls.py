"""HTTPS, certificates of clients, and certificates that change while the receiver runs."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest

from sparkmon.errors import OptionError
from sparkmon.receiver import tls
from sparkmon.receiver.settings import ReceiverSettings
from tests.support.certificates import Authority, Files
from tests.support.receiver import Receiver, event_headers
from tests.support.spools import read_all

pytestmark = pytest.mark.slow


def of(files: Files) -> dict[str, Any]:
    return {"tls_cert": str(files.certificate), "tls_key": str(files.key)}


def test_https_alone_is_spoken(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    files = of(authority.sign("server"))
    with Receiver(tmp_path / "spool", authority.trusting(), **files) as receiver:
        assert receiver.post(event_headers("e"), b"safe")[0] == 202
        receiver.tls = None
        with pytest.raises(OSError, match=r"reset|closed|Remote end"):
            receiver.post(event_headers("e"), b"plain")
        receiver.tls = Authority(tmp_path, "another").trusting()
        with pytest.raises(ssl.SSLCertVerificationError):
            receiver.post(event_headers("e"), b"to whom?")
    assert read_all(tmp_path / "spool") == [b"safe"]


def test_a_client_must_show_a_certificate_of_the_authority(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path, "authority"), Authority(tmp_path, "other")
    files = of(authority.sign("server")) | {"tls_client_ca": str(authority.file)}
    known = authority.trusting(authority.sign("client"))
    with Receiver(tmp_path / "spool", known, **files) as receiver:
        assert receiver.post(event_headers("e"), b"known")[0] == 202
        for context in (authority.trusting(), authority.trusting(other.sign("stranger"))):
            receiver.tls = context
            with pytest.raises(OSError, match=r"(?i)alert|reset|closed|EOF"):
                receiver.post(event_headers("e"), b"stranger")
    assert read_all(tmp_path / "spool") == [b"known"]


def test_a_changed_certificate_is_used_from_then_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_CHECK_S", 0.05)
    authority = Authority(tmp_path, "authority")
    settings = ReceiverSettings("spool", **of(authority.sign("server")))

    async def shown(port: int) -> bytes:
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=authority.trusting())
        found: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return found

    async def run() -> list[bytes]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings.tls_cert or "", settings.tls_key)
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        watching = asyncio.create_task(tls.keep_certificate(context, settings))
        seen = [await shown(port)]
        Path(settings.tls_key or "").write_text("half of a pair")
        await asyncio.sleep(0.3)
        seen.append(await shown(port))
        authority.sign("server")
        until = asyncio.get_running_loop().time() + 60
        while (found := await shown(port)) == seen[0] and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.05)
        seen.append(found)
        watching.cancel()
        server.close()
        return seen

    before, broken, after = asyncio.run(run())
    assert before == broken
    assert after != before


def test_files_that_make_no_server_are_refused_at_the_start(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    right = authority.sign("server")
    locked = authority.sign("locked", b"secret")
    another = authority.sign("another")
    pairs = [
        (right.certificate, tmp_path / "absent.key"),
        (right.certificate, another.key),
        (right.certificate, right.certificate),
        (locked.certificate, locked.key),
    ]
    for certificate, key in pairs:
        with pytest.raises(OptionError, match=r"cannot use the certificate .* without a password"):
            tls.tls_context(ReceiverSettings("spool", **of(Files(certificate, key))))
    with pytest.raises(OptionError, match="and the authorities"):
        tls.tls_context(ReceiverSettings("spool", **of(right), tls_client_ca=str(right.key)))
    tls.tls_context(ReceiverSettings("spool", **of(right), tls_client_ca=str(authority.file)))


def test_half_a_pair_and_an_authority_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="one of tls_cert and tls_key"):
        ReceiverSettings("spool", tls_cert="a")
    with pytest.raises(OptionError, match="tls_client_ca without"):
        ReceiverSettings("spool", tls_client_ca="a")
