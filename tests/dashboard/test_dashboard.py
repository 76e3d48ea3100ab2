"""Pages: what they show, what they refuse, and who may act."""

import base64
import html
import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest

from sparkmon.alerts import AlertStore
from sparkmon.dashboard.settings import DashboardSettings
from sparkmon.errors import OptionError
from sparkmon.secret import Secret
from sparkmon.views import incidents_of
from tests.support.served import served
from tests.support.watched import HOSTILE, Watched, watch


def client(watched: Watched, **settings: object) -> AbstractContextManager[httpx.Client]:
    return served(DashboardSettings(watched.tables, store=watched.store, **settings))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def pages(watched: Watched) -> Iterator[httpx.Client]:
    """Return a browser of sorts on a dashboard that only reads."""
    with client(watched) as browser:
        yield browser


@pytest.fixture
def own(tmp_path: Path) -> Watched:
    """Return tables that a test may write to."""
    return watch(tmp_path, {"flights": "temp"})


def token_in(text: str) -> str:
    found = re.search(r'name="token" value="(\w+)"', text)
    assert found is not None
    return found[1]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["flights", HOSTILE])
def test_every_page_shows_names_as_text(pages: httpx.Client, watched: Watched, model: str) -> None:
    column = "temp" if model == "flights" else HOSTILE
    (incident,) = incidents_of(watched.open(), watched.end, model=model).incidents
    window = watched.end.isoformat()
    for path, query in (
        ("/", {}),
        ("/model", {"model": model}),
        ("/column", {"model": model, "column": column, "window": window}),
        ("/window", {"model": model, "window": window}),
        ("/incident", {"id": incident.incident_id}),
        ("/dead_letters", {"model": model}),
    ):
        answer = pages.get(path, params=query)
        assert answer.status_code == 200, (path, answer.text)
        assert "<script>alert" not in answer.text
        assert "<img" not in answer.text
        assert "\u202e" not in answer.text
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "default-src 'none'" in policy
        # No script stands in a page but data, and nothing is loaded from elsewhere.
        assert set(re.findall(r"<script(?! type=\"application/json\">)[^>]*>", answer.text)) <= {
            '<script src="/static/dashboard.js" defer>',
            '<script src="/static/plotly.min.js" defer>',
        }
        assert re.findall(r"(?:src|href|action)=\"(?!/|#|data:,)[^\"]*", answer.text) == []


def test_the_overview_says_what_since_when_how_sure_and_what_to_do(pages: httpx.Client) -> None:
    text = html.unescape(pages.get("/").text)
    for part in ("2 open incidents", "temp of the model flights drifted", "Since", "How sure", "Search for a changed"):
        assert part in text
    assert "Acknowledge" not in text
    assert len(pages.get("/").content) < 100_000
    assert "plotly" not in text


def test_models_are_filtered_by_name(pages: httpx.Client) -> None:
    assert "1 model<" in pages.get("/", params={"q": "fligh"}).text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nothing", 404, "Not Found"),
        ("/model?model=none", 404, "No window of the model none has closed"),
        ("/model", 400, "the option 'model' is missing"),
        ("/model?model=flights&span=9", 400, "got span='9'; expected 1 day, 7 days, 30 days"),
        ("/window?model=flights&window=soon", 400, "expected a time such as"),
        ("/window?model=flights&window=2001-01-01", 404, "There is no finding"),
        ("/column?model=flights", 400, "the option 'column' is missing"),
        ("/column?model=flights&column=none", 200, "There is nothing to plot"),
        ("/incident?id=none", 404, "There is no incident none"),
        ("/static/none", 404, "There is no such file"),
    ],
)
def test_what_is_not_there_is_said(pages: httpx.Client, path: str, status: int, words: str) -> None:
    answer = pages.get(path)
    assert answer.status_code == status
    assert words in html.unescape(answer.text)


@pytest.mark.slow
def test_a_column_is_set_beside_the_first_window_without_a_store(watched: Watched) -> None:
    settings = DashboardSettings(watched.tables)
    with served(settings) as browser:
        text = browser.get("/column", params={"model": "flights", "column": "temp"}).text
    assert "now, against the window that ended at" in text


@pytest.mark.slow
def test_empty_tables_are_a_page(tmp_path: Path) -> None:
    with served(DashboardSettings(f"{tmp_path}/none")) as browser:
        assert "No window has closed in these tables" in browser.get("/").text
        assert "None: every event" in browser.get("/dead_letters").text
        assert browser.get("/health").text == "ok\n"


@pytest.mark.slow
def test_tables_that_break_are_said_to(own: Watched) -> None:
    with client(own) as browser:
        assert "1 open incident" in browser.get("/").text
        for file in Path(own.tables, "drift_metrics").glob("*.parquet"):
            file.unlink()
        answer = browser.get("/model?model=flights")
        assert answer.status_code == 503
        assert "The tables cannot be read" in answer.text
        shutil.rmtree(own.tables)
        assert "No window has closed in these tables" in browser.get("/").text


@pytest.mark.slow
def test_incidents_are_acknowledged_and_silenced_and_it_is_recorded(own: Watched) -> None:
    with client(own, write=True, user_header="X-Forwarded-User") as browser:
        browser.headers["x-forwarded-user"] = "ada"
        page = browser.get("/").text
        (incident,) = incidents_of(own.open(), own.end).incidents
        token = token_in(page)
        answer = browser.post("/acknowledge", data={"token": token, "incident": incident.incident_id, "back": "/?q="})
        assert answer.history[0].headers["location"] == "/?q="
        assert "acknowledged by ada" in answer.text
        silence = {"token": token, "model": "flights", "column": "temp", "length": "1 hour", "comment": "backfill"}
        assert "silenced until" in browser.post("/silence", data=silence | {"back": "//evil.example"}).text
        store = AlertStore(own.open())
        ((active,), _) = store.actions()
        rows = own.open().read("alert_actions")
        assert rows is not None
        assert [(row["action"], row["by"], row["comment"]) for row in rows.sort_by("start_time").to_pylist()] == [
            ("ack", "ada", ""),
            ("silence", "ada", "backfill"),
        ]
        answer = browser.post("/unsilence", data={"token": token, "silence_id": active.silence_id})
        assert "silenced until" not in answer.text
        assert browser.post("/silence", data=silence | {"length": "soon"}).status_code == 400


@pytest.mark.slow
def test_forged_and_forbidden_actions_are_refused(own: Watched) -> None:
    (incident,) = incidents_of(own.open(), own.end).incidents
    form = {"incident": incident.incident_id}
    with client(own) as browser:
        assert browser.post("/acknowledge", data=form | {"token": "0" * 64}).status_code == 403  # no --write
    with client(own, write=True) as browser:
        token = token_in(browser.get("/").text)
        assert browser.post("/acknowledge", data=form | {"token": "é"}).status_code == 403
        forged = browser.post("/acknowledge", data=form | {"token": token}, headers={"sec-fetch-site": "cross-site"})
        assert forged.status_code == 403
        assert browser.post("/acknowledge", data=form).status_code == 422
    with client(own, write=True, user_header="X-User") as browser:
        other = token_in(browser.get("/", headers={"x-user": "ada"}).text)
        mine = {"x-user": "eve"}
        assert browser.post("/acknowledge", data=form | {"token": other}, headers=mine).status_code == 403
        nobody = browser.post("/acknowledge", data=form | {"token": token_in(browser.get("/").text)})
        assert "does not say who you are" in nobody.text
    assert own.open().read("alert_actions") is None


@pytest.mark.slow
def test_a_token_is_the_password(own: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHBOARD", "correct horse")
    with client(own, write=True, token=Secret(env="DASHBOARD"), user_header="X-User") as browser:
        for password, status in (("correct horse", 200), ("wrong", 401)):
            answer = browser.get("/", auth=("ada", password))
            assert answer.status_code == status
        # The header alone is no password.
        assert browser.get("/", headers={"x-user": "eve"}).status_code == 401
        for value in ("Basic", "Basic !!", "Bearer x", "Basic " + base64.b64encode(b":correct horse").decode()):
            answer = browser.get("/", headers={"authorization": value})
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Basic")
        assert "You act as ada" in browser.get("/", auth=("ada", "correct horse")).text
    with pytest.raises(OptionError, match="holds nothing"), client(own, token=Secret(env="NOTHING_IS_THERE")):
        pass


@pytest.mark.slow
def test_other_names_of_hosts_are_refused(watched: Watched) -> None:
    with client(watched, hostnames=("monitor.example",)) as browser:
        for host, status in (("monitor.example:80", 200), ("127.0.0.1:8081", 200), ("[::1]:8081", 200), ("evil", 421)):
            assert browser.get("/health", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"port": 70000}, "expected 0 to 65535"),
        ({"poll_seconds": 0}, "expected 0.1 to 3600"),
        ({"host": "0.0.0.0", "write": True}, "without token and user_header"),
        ({"host": "monitor.example", "write": True}, "without token and user_header"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object], error: str) -> None:
    with pytest.raises(OptionError, match=error):
        DashboardSettings("/data", **settings)  # type: ignore[arg-type]


def test_static_files_are_packed(pages: httpx.Client) -> None:
    answer = pages.get("/static/plotly.min.js")
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.content) > 1_000_000
    assert pages.get("/static/themes.json").json().keys() == {"light", "dark"}
    plain = pages.get("/static/dashboard.css", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers


@pytest.mark.slow
def test_a_commit_is_an_event(own: Watched) -> None:
    with client(own, poll_seconds=0.1) as browser, browser.stream("GET", "/changes") as answer:
        lines = answer.iter_lines()
        assert next(lines) == "retry: 2000"
        AlertStore(own.open()).write_action(action_id="a", action="ack", start_time=own.end, by="ada", comment="")
        assert [next(lines) for _ in range(3)] == ["", "event: change", "data: "]


@pytest.mark.slow
def test_what_has_changed_since_a_page_was_read_is_an_event(own: Watched) -> None:
    with client(own, poll_seconds=0.1) as browser:
        found = re.search(r'data-changes="([^"]+)"', browser.get("/").text)
        assert found is not None
        shutil.rmtree(own.tables)
        with browser.stream("GET", found[1]) as answer:
            lines = answer.iter_lines()
            assert [next(lines) for _ in range(4)] == ["retry: 2000", "", "event: change", "data: "]
