"""What ``inbound/connections.py`` uses of uvicorn and does not find documented: this fails when uvicorn changes it."""

import inspect
import re
from importlib.metadata import version

import pytest
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from tests.support.source import ROOT

CALLBACKS = {
    "connection_made": ["transport"],
    "connection_lost": ["exc"],
    "data_received": ["data"],
    "on_message_begin": [],
    "on_headers_complete": [],
    "on_body": ["body"],
    "on_message_complete": [],
    "send_400_response": ["msg"],
}
"""Overridden: they are called as before, and call what they did."""


@pytest.mark.parametrize("name", CALLBACKS)
def test_a_callback_has_its_arguments(name: str) -> None:
    parameters = list(inspect.signature(getattr(HttpToolsProtocol, name)).parameters)
    assert parameters == ["self", *CALLBACKS[name]]


def test_a_connection_has_the_attributes_that_are_read() -> None:
    source = inspect.getsource(HttpToolsProtocol)
    for name in ("transport", "loop", "headers", "url", "pipeline", "cycle"):
        assert re.search(rf"self\.{name}\b", source), name
    assert "self.pipeline.appendleft((self.cycle, app))" in source
    assert "self.send_400_response(msg)" in inspect.getsource(HttpToolsProtocol.data_received)


def test_a_cycle_has_the_attributes_that_are_read_and_set() -> None:
    source = inspect.getsource(RequestResponseCycle)
    for name in ("response_started", "response_complete", "disconnected", "keep_alive"):
        assert re.search(rf"self\.{name} = ", source), name
    assert "self.message_event.wait()" in source
    assert STATUS_LINE[503] == b"HTTP/1.1 503 Service Unavailable\r\n"


def test_no_version_is_installed_that_was_not_tried() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    bounds = set(re.findall(r'"uvicorn>=[\d.]+,<(\d+)\.(\d+)"', project))
    assert len(bounds) == 1
    assert len(re.findall(r'"uvicorn\b', project)) == 3  # receiver, serving, dashboard: each has the bound
    assert len(re.findall(r'"uvicorn>=[\d.]+,<', project)) == 3
    (bound,) = bounds
    assert tuple(map(int, version("uvicorn").split(".")[:2])) < tuple(map(int, bound))
