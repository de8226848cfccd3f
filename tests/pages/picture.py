"""Takes the README's picture of a report: `python -m tests.pages.picture`."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from tests.suite_runs import ROOT, emulator

PICTURE: Final = ROOT / "docs" / "report.png"
FAULTS: Final = ("does-not-clear-CallbackUrl", "drops-last-item-of-full-page")
ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def write_report(folder: Path) -> None:
    """Run the suite on an emulator that is wrong; its report goes to the folder."""
    with emulator([word for fault in FAULTS for word in ("--fault", fault)]) as served:
        credentials = {key: value for key, value in served.items() if key != "url"}
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--effort", "probe",
             "--base-url", served["url"], "--report-dir", str(folder)],
            cwd=ROOT, env=os.environ | credentials, stdout=subprocess.DEVNULL, check=False,
        )  # fmt: skip


def take(page: Path, picture: Path) -> None:
    """Show a page in headless Chromium, and keep what its first screen shows."""
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=ARGUMENTS)
        shown = chromium.new_page(viewport={"width": 1120, "height": 860}, color_scheme="light")
        shown.goto(page.as_uri())
        shown.screenshot(path=picture)
        chromium.close()


def main() -> None:
    """Make the picture again."""
    with tempfile.TemporaryDirectory() as folder:
        write_report(Path(folder))
        take(Path(folder) / "index.html", PICTURE)


if __name__ == "__main__":
    main()
