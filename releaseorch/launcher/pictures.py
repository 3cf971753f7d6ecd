"""`manage.py pictures`: starts a demo of its own and takes the README's pictures of its pages."""

import importlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from releaseorch.launcher import installation, smoke, suite
from releaseorch.launcher.console import Refusal, say

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@dataclass(frozen=True)
class Picture:
    """What `who` sees at `path`; `height` cuts long pages."""

    name: str
    who: str
    path: str
    width: int = 1440
    height: int = 900
    dark: bool = False


PICTURES = (
    Picture("mine", "meiling", "/"),
    Picture("board", "sunita", "/board", height=1000),
    Picture("request", "sunita", "/requests/25", height=1100),
    Picture("new-request", "lea", "/requests/new", height=1000),
    Picture("plan", "amara", "/runs/11", height=1000),
    Picture("run", "meiling", "/runs/13", height=1100),
    Picture("run-phone", "meiling", "/runs/13", width=390, height=844, dark=True),
    Picture("where", "lea", "/where", dark=True),
)


def main(argv: Sequence[str]) -> int:
    installation.ensure("test", argv)
    chromium = suite.find_chromium()
    if not chromium:
        raise Refusal(
            "Pictures need Chromium: install it (`apt install chromium`), or name it in RELEASEORCH_CHROMIUM."
        )
    folder = Path(tempfile.mkdtemp(prefix="releaseorch-pictures-"))
    try:
        with smoke.demo(folder / "state", folder / "demo.log") as (child, url):
            smoke.await_first_page(child, url, folder / "state")
            passwords = {one["username"]: one["password"] for one in smoke.people(folder / "state")}
            take(url, passwords, chromium)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def take(url: str, passwords: dict[str, str], chromium: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    playwright = importlib.import_module("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=FLAGS)
        for picture in PICTURES:
            _take(browser, url, passwords[picture.who], picture)
            say(f"  docs/pictures/{picture.name}.png")
        browser.close()


def _take(browser: Any, url: str, password: str, picture: Picture) -> None:
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme="dark" if picture.dark else "light",
        base_url=url,
    )
    page = context.new_page()
    page.goto("/login")
    page.fill("[name=username]", picture.who)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda address: "/login" not in address)
    page.goto(picture.path)
    page.wait_for_timeout(500)  # fonts and the first live answer
    page.screenshot(path=FOLDER / f"{picture.name}.png")
    context.close()
