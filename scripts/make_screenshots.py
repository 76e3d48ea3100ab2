"""make_screenshots.py DEMO [FOLDER]: writes the pictures of docs/images, from what ``sparkmon demo --out DEMO`` left.

Chromium is that of the system. Each picture is of a page as a browser shows it, cut at its height.
"""

import argparse
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from sparkmon.dashboard.app import running
from sparkmon.dashboard.settings import DashboardSettings

FOLDER = Path(__file__).parents[1] / "docs" / "images"
WIDE, PHONE = (1100, "light"), (375, "dark")
PICTURES = {
    "dashboard.png": ("/", WIDE, 1000),
    "dashboard-model.png": ("/model?model=flights", WIDE, 1900),
    "dashboard-column.png": ("/column?model=flights&column=temp", WIDE, 1000),
    "dashboard-phone.png": ("/", PHONE, 1000),
    "dashboard-phone-column.png": ("/column?model=flights&column=temp", PHONE, 1000),
}
"""Address, width and theme, and height in pixels."""


def main() -> None:
    """Serve the dashboard, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=Path, help="the directory of a demo that has ended")
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    arguments = parser.parse_args()
    settings = DashboardSettings(f"{arguments.demo}/tables", store=f"{arguments.demo}/store", port=0)
    with running(settings) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name in PICTURES:
            take(browser, address, name, arguments.folder)
        browser.close()


def take(browser: Browser, address: str, name: str, folder: Path) -> None:
    """Take one picture."""
    path, (width, theme), height = PICTURES[name]
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(path)
    page.wait_for_load_state("load")
    page.wait_for_timeout(1000)  # plotly draws
    page.screenshot(path=folder / name)
    with Image.open(folder / name) as picture:
        picture.convert("RGB").quantize(128).save(folder / name, optimize=True)
    context.close()


if __name__ == "__main__":
    main()
