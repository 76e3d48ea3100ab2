"""A page in a headless Chromium that fails on any error, dialog, or request to elsewhere."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

__all__ = ["browser_of_the_system", "page_of"]


@contextmanager
def browser_of_the_system() -> Iterator[Browser]:
    """Give a headless Chromium; the system's, because Playwright's own may not be had everywhere."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("there is no Chromium; install the package chromium of your system")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def page_of(browser: Browser, address: str, **options: Any) -> Iterator[Page]:  # noqa: ANN401 - Playwright's
    """Give a page that fails the test on any error, dialog, or request to elsewhere."""
    faults: list[str] = []

    def refuse(dialog: Dialog) -> None:
        faults.append(dialog.message)
        dialog.dismiss()

    context = browser.new_context(base_url=address, **options)
    page = context.new_page()
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", refuse)
    page.on("request", lambda request: None if _is_own(request.url, address) else faults.append(request.url))
    yield page
    context.close()
    assert faults == []


def _is_own(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:", "file:"))
