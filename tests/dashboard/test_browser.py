"""The dashboard in a browser: what a person clicks, what it may not do, and how it looks on a phone and in the dark."""

import json
import shutil
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from playwright.sync_api import Browser, Page, expect

from sparkmon.alerts import AlertStore, acknowledge
from sparkmon.dashboard.report import make_report
from sparkmon.dashboard.settings import DashboardSettings
from sparkmon.state import CLOSED_WINDOWS
from sparkmon.views import incidents_of
from tests.support.browser import page_of
from tests.support.served import served
from tests.support.watched import HOSTILE, Watched, watch

RENEWED_MS = 30_000
"""A busy machine looks at tables less often."""


@pytest.fixture
def own(tmp_path: Path) -> Watched:
    """Return tables that a test may write to, of two models, one with hostile names."""
    return watch(tmp_path)


def test_a_person_finds_the_fault_and_deals_with_it(chromium: Browser, own: Watched) -> None:
    settings = DashboardSettings(own.tables, store=own.store, write=True, poll_seconds=0.2)
    with served(settings) as client, page_of(chromium, str(client.base_url)) as page:
        page.goto("/")
        expect(page.get_by_role("heading", level=1)).to_have_text("2 open incidents")
        # Two clicks from the overview to the column, its statistic and its distribution.
        page.get_by_role("region", name="Models").get_by_role("link", name="flights").click()
        page.get_by_role("region", name="Columns").get_by_role("link").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("temp")
        expect(page.locator(".main-svg").first).to_be_visible()
        assert page.locator(".plot .js-plotly-plot").count() == 2
        page.go_back()
        card = page.locator("article.incident")
        card.get_by_role("button", name="Acknowledge").click()
        expect(page.get_by_text("acknowledged by")).to_be_visible()
        card.get_by_label("because").fill("backfill")
        card.get_by_role("button", name="Silence").click()
        expect(page.get_by_text("silenced until")).to_be_visible()
        page.get_by_role("link", name="Overview").click()
        page.get_by_role("button", name="End it").click()
        expect(page.get_by_role("heading", name="Silences")).to_have_count(0)
        rows = own.open().read("alert_actions")
        assert rows is not None
        assert rows.sort_by("start_time")["action"].to_pylist() == ["ack", "silence", "unsilence"]


def test_a_click_on_a_plot_opens_what_it_shows(chromium: Browser, watched: Watched) -> None:
    with served(DashboardSettings(watched.tables)) as client, page_of(chromium, str(client.base_url)) as page:
        page.goto("/model?model=flights")
        plot = page.locator(".js-plotly-plot").first
        expect(plot.locator(".main-svg").first).to_be_visible()
        page.wait_for_timeout(500)
        # The middle of the first row's last cell.
        where = plot.evaluate(
            "p => { const l = p._fullLayout, b = p.getBoundingClientRect();"
            " return [b.left + l._size.l + l._size.w - 8, b.top + l._size.t + 12]; }"
        )
        page.mouse.move(*where)
        page.mouse.click(*where)
        expect(page.get_by_role("heading", level=1)).to_have_text("temp")
        expect(page.get_by_role("link", name=f"{watched.end:%Y-%m-%d %H:%M}")).to_be_visible()


def test_an_open_page_renews_itself(chromium: Browser, own: Watched) -> None:
    settings = DashboardSettings(own.tables, write=True, poll_seconds=0.2)
    tables = own.open()
    with served(settings) as client, page_of(chromium, str(client.base_url)) as page:
        page.goto("/model?model=flights")
        expect(page.locator(".main-svg").first).to_be_visible()
        window = {"window_start": own.end, "window_end": own.end + timedelta(hours=1), "closed_time": own.end}
        counts = {"model": "flights", "query_id": "q", "batch_id": 99, "requests": 4321, "responses": 4321}
        tables.append(pa.Table.from_pylist([counts | window], CLOSED_WINDOWS), "closed_windows")
        expect(page.get_by_role("region", name="Windows").get_by_text("4,321").first).to_be_visible(timeout=RENEWED_MS)
        expect(page.locator(".main-svg").first).to_be_visible()
        # What somebody writes is left alone, until they leave it.
        reason = page.get_by_label("because")
        reason.fill("half a sen")
        (incident,) = incidents_of(tables, own.end, model="flights").incidents
        acknowledge(AlertStore(tables), incident.incident_id, by="ada")
        expect(page.get_by_text("there is something new")).to_be_visible(timeout=RENEWED_MS)
        assert reason.input_value() == "half a sen"
        reason.blur()
        expect(page.get_by_text("acknowledged by ada")).to_be_visible(timeout=RENEWED_MS)
        page.get_by_role("link", name="Overview").click()
        shutil.rmtree(own.tables)
        expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to see yet", timeout=RENEWED_MS)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 375)])
def test_every_page_is_accessible_and_fits(chromium: Browser, watched: Watched, scheme: Any, width: int) -> None:  # noqa: ANN401
    axe = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    incidents = incidents_of(watched.open(), watched.end).incidents
    settings = DashboardSettings(watched.tables, store=watched.store, write=True)
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    with served(settings) as client, page_of(chromium, str(client.base_url), **options) as page:
        paths = ["/", "/dead_letters", *(f"/incident?id={each.incident_id}" for each in incidents)]
        for path in paths:
            page.goto(path)
            check(page, axe, width)
        page.goto("/")
        page.get_by_role("region", name="Models").get_by_role("link").first.click()  # the hostile one
        check(page, axe, width)
        page.get_by_role("region", name="Windows").get_by_role("link").first.click()
        check(page, axe, width)
        page.get_by_role("region", name="Findings").get_by_role("link").first.click()
        assert page.title().startswith("<script>alert(1)</script>")
        check(page, axe, width)
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert colour == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)"}[scheme]


def check(page: Page, axe: str, width: int) -> None:
    """Hold that a page has no serious fault of accessibility, and needs no scrolling sideways."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(300)
    page.evaluate(axe)
    faults = page.evaluate("axe.run().then(result => result.violations)")
    serious = [
        f"{page.url}: {each['id']}: {node['html'][:200]}"
        for each in faults
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dead_letters_are_readable_text(chromium: Browser, watched: Watched) -> None:
    with served(DashboardSettings(watched.tables)) as client, page_of(chromium, str(client.base_url)) as page:
        page.goto("/dead_letters")
        page.locator("summary").first.click()
        shown = page.locator("pre").first.inner_text()
        assert shown in ("ff fe 00", json.dumps(HOSTILE)[1:-1].replace('\\"', '"'))
        assert page.locator("main img, main script").count() == 0


def test_a_report_opens_without_a_network(chromium: Browser, watched: Watched, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(make_report(watched.open()).html(), encoding="utf-8")
    with page_of(chromium, file.as_uri(), offline=True) as page:
        page.goto(file.as_uri())
        expect(page.locator(".main-svg").first).to_be_visible()
        assert page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd") < 5000
        assert page.locator(".plot .js-plotly-plot").count() == 4
