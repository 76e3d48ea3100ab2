"""A browser, and tables of two models, one of them with hostile names, that several tests read."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import browser_of_the_system
from tests.support.watched import Watched, watch


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Return where tables are, with a monitor.yaml beside them; tests that write make their own."""
    tables = watch(tmp_path_factory.mktemp("watched"))
    (tables.place / "monitor.yaml").write_text("tables: ./tables\n")
    return tables


@pytest.fixture(scope="module")  # while it is there, asyncio can run nothing else in this thread
def chromium() -> Iterator[Browser]:
    """Give a headless Chromium; the system's, because Playwright's own may not be had everywhere."""
    with browser_of_the_system() as browser:
        yield browser
