"""A Chromium for the browser tests: the machine's own, else apt-get's as root, else Playwright's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def installed() -> str | None:
    """The path of a Chromium this machine has; CHROMIUM names another."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def playwrights_own() -> str | None:
    """The path of the Chromium that Playwright has downloaded, if it has."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def find() -> str | None:
    """The Chromium that the tests use; None if there is none yet."""
    return installed() or playwrights_own()


def provide() -> tuple[str, str]:
    """The path of a Chromium and where it is from; installs one if there is none. Raises RuntimeError with the cure."""
    if path := installed():
        return path, "already on this machine"
    if os.geteuid() == 0 and shutil.which("apt-get") and _apt() and (path := installed()):
        return path, "installed by apt-get"
    if path := playwrights_own():
        return path, "Playwright's own"
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if path := playwrights_own():
        return path, "Playwright's own, just downloaded"
    raise RuntimeError("no Chromium, and none could be installed. On Debian: apt-get install chromium; or set CHROMIUM")


def _apt() -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
    for command in (["apt-get", "update", "-qq"], install):
        if subprocess.run(command, check=False, stdin=subprocess.DEVNULL, env=environment).returncode:
            return False
    return True


if __name__ == "__main__":
    try:
        print("browser: {} ({})".format(*provide()))
    except RuntimeError as error:
        sys.exit(f"browser: {error}")
