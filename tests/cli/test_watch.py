"""``sparkmon watch``: models and incidents, live."""

import threading
import time

import pytest
from typer.testing import CliRunner

from sparkmon.cli.app import app
from sparkmon.errors import OptionError
from tests.support.watched import Watched


def test_it_shows_models_and_incidents_with_names_as_text(watched: Watched) -> None:
    result = CliRunner().invoke(app, ["watch", watched.tables, "--once"])
    assert result.exit_code == 0, result.exception
    assert "2 models; 2 open incidents" in result.stdout
    assert "temp of the model" in result.stdout.replace("\n", " ")
    assert "\\u202egnp\\n" in result.stdout
    assert "\u202e" not in result.stdout


def test_it_reads_the_tables_again_until_it_is_stopped(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses, sleep = iter([None, None]), time.sleep

    def pause(seconds: float) -> None:
        if threading.current_thread() is threading.main_thread():
            next(pauses)
        else:  # py4j's, of a test that ran before
            sleep(seconds)

    monkeypatch.setattr(time, "sleep", pause)
    result = CliRunner().invoke(app, ["watch", watched.tables])
    assert isinstance(result.exception, StopIteration | RuntimeError)
    assert next(pauses, "twice") == "twice"


def test_a_pause_that_is_none_is_refused(watched: Watched) -> None:
    result = CliRunner().invoke(app, ["watch", watched.tables, "--every", "0"])
    assert isinstance(result.exception, OptionError)
