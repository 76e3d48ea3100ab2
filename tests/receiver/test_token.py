"""Who may post: bearer tokens by file and variable, and what the others learn."""

import json
import time
from pathlib import Path

import pytest

from sparkmon.errors import OptionError
from sparkmon.receiver.token_check import TokenCheck
from sparkmon.secret import Secret
from tests.support.receiver import Receiver, event_headers
from tests.support.spools import read_all

pytestmark = pytest.mark.slow

OLD, NEW = "old-0123456789abcdef", "new-fedcba9876543210"


def bearing(token: str) -> list[tuple[str, str]]:
    return [*event_headers("e"), ("Authorization", f"Bearer {token}")]


def held(tmp_path: Path, *tokens: str) -> Path:
    file = tmp_path / "token"
    file.write_text("".join(f"{token}\n" for token in tokens))
    return file


def shown(value: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"host", b"h"), (b"authorization", value)]


def test_only_a_post_with_the_token_is_taken(tmp_path: Path) -> None:
    with Receiver(tmp_path / "spool", token_file=str(held(tmp_path, OLD))) as receiver:
        status, headers, told = receiver.post(event_headers("none"), b"none")
        assert (status, told["reason"]) == (401, "unauthorized")
        assert headers["www-authenticate"] == 'Bearer realm="sparkmon"'
        assert receiver.post(bearing(OLD[:-1]), b"cut")[0] == 401
        assert receiver.post([*bearing(OLD), *bearing(OLD)[-1:]], b"twice")[0] == 401
        assert receiver.post(bearing(OLD), b"right")[0] == 202
        assert receiver.metric('sparkmon_receiver_refused_total{reason="unauthorized"}') == 3
    assert read_all(tmp_path / "spool") == [b"right"]


def test_probes_and_scrapers_need_no_token_and_learn_no_more_than_they_need(tmp_path: Path) -> None:
    with Receiver(tmp_path / "spool", token_file=str(held(tmp_path, OLD))) as receiver:
        receiver.post(bearing(OLD), b"{}")
        assert json.loads(receiver.get("/health")) == {"status": "ok"}
        whole = json.loads(receiver.get("/health", {"Authorization": f"Bearer {OLD}"}))
        assert whole["pending_events"] == 0
        assert "sparkmon_receiver_events_total" in receiver.get("/metrics")


def test_a_token_is_rotated_without_a_gap_and_without_a_restart(tmp_path: Path) -> None:
    file = held(tmp_path, OLD)
    with Receiver(tmp_path / "spool", token_file=str(file)) as receiver:
        assert receiver.post(bearing(NEW), b"early")[0] == 401
        held(tmp_path, NEW, OLD)
        time.sleep(1.1)
        assert [receiver.post(bearing(token), b"both")[0] for token in (NEW, OLD)] == [202, 202]
        held(tmp_path, NEW)
        time.sleep(1.1)
        assert [receiver.post(bearing(token), b"new")[0] for token in (NEW, OLD)] == [202, 401]
        file.unlink()
        time.sleep(1.1)
        status, headers, told = receiver.post(bearing(NEW), b"unknown")
        assert (status, told["reason"]) == (503, "token_unreadable")
        assert "retry-after" in headers
        held(tmp_path, NEW)
        time.sleep(1.1)
        assert receiver.post(bearing(NEW), b"back")[0] == 202
        receiver.terminate()
    assert read_all(tmp_path / "spool") == [b"both", b"both", b"new", b"back"]
    log = "".join(receiver.said)
    assert log.count("posts are refused until the token can be read") == 1
    assert NEW not in log


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"Bearer",
        b"Bearer ",
        b"Bearer " + OLD.encode() + b"x",
        b"Basic " + OLD.encode(),
        OLD.encode(),
        b"Bearer \xff\xfe" + OLD.encode(),
        b"Bearer " + b"x" * 100_000,
    ],
)
def test_what_is_not_the_token_is_not_accepted(tmp_path: Path, value: bytes) -> None:
    check = TokenCheck(Secret(file=str(held(tmp_path, OLD))))
    assert not check.accepts(shown(value))
    assert check.accepts(shown(b"bearer  " + OLD.encode()))


@pytest.mark.parametrize("content", ["short\n", f"{OLD}\n" * 3, "x" * 15, f"{OLD} \x00{NEW}", "ø" * 20])
def test_a_file_without_a_token_is_refused_at_the_start(tmp_path: Path, content: str) -> None:
    (tmp_path / "token").write_text(content)
    with pytest.raises(OptionError, match="expected one or two lines") as caught:
        TokenCheck(Secret(file=str(tmp_path / "token")))
    assert content.split()[0] not in str(caught.value)


def test_a_file_that_is_not_there_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"cannot read Secret.*No such file"):
        Receiver(tmp_path / "spool", token_file=str(tmp_path / "absent"))
