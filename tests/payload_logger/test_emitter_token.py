"""An emitter that sends a token, against a receiver that requires one."""

import logging
import time
from pathlib import Path

import pytest

from sparkmon.errors import OptionError
from sparkmon.payload_logger import EventEmitter
from sparkmon.secret import Secret
from tests.payload_logger.test_event_emitter import event, free_port, wait_for
from tests.support.receiver import Receiver
from tests.support.spools import read_all

OLD, NEW = "old-0123456789abcdef", "new-fedcba9876543210"


@pytest.mark.slow
def test_events_wait_while_a_token_is_rotated_and_none_is_lost(tmp_path: Path) -> None:
    asked, shown = tmp_path / "asked", tmp_path / "shown"
    asked.write_text(NEW)
    with Receiver(tmp_path / "spool", token_file=str(asked)) as receiver:
        emitter = EventEmitter(f"http://127.0.0.1:{receiver.port}/", token=Secret(file=str(shown)), in_flight=1)
        emitter.emit(*event("before there is a token"))
        wait_for(lambda: emitter.counts().retried >= 1)
        shown.write_text(OLD)
        emitter.emit(*event("with the old one"))
        refused = 'sparkmon_receiver_refused_total{reason="unauthorized"}'
        wait_for(lambda: receiver.metric(refused) >= 1)
        shown.write_text(f"{NEW}\n{OLD}\n")
        wait_for(lambda: emitter.counts().delivered == 2)
        assert emitter.close() == 0
    assert read_all(tmp_path / "spool") == [b"before there is a token", b"with the old one"]


def test_neither_a_token_nor_a_password_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "token").write_text(NEW)
    token, port = Secret(file=str(tmp_path / "token")), free_port()
    with caplog.at_level(logging.DEBUG):
        for emitter in (
            EventEmitter(f"http://127.0.0.1:{port}/", token=token),
            EventEmitter(f"http://me:hunter2@127.0.0.1:{port}/"),
        ):
            emitter.emit(*event("nobody listens"))
            time.sleep(0.3)
            assert emitter.close(timeout_s=0.1) == 1
    assert caplog.text.count(f"1 events for http://127.0.0.1:{port}/ are unsent") == 2
    assert "hunter2" not in caplog.text
    assert NEW not in caplog.text
    with pytest.raises(OptionError, match="a token and a url with a user name"):
        EventEmitter("http://me:hunter2@127.0.0.1/", token=token)
