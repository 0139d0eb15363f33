"""Make what the Makefile needs: the virtual environment, the browser's libraries, compiled CSS and translations.

`python3 scripts/set_up.py run` makes what `make run` needs, `… dev` also what linters and tests need. Needs nothing but
the standard library. A step is skipped while the files it depends on are unchanged; a lock lets two `make` at once
share one set-up.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
WEB = ROOT / "src" / "vunnet" / "web"
BUILD_FILES = [ROOT / "pyproject.toml", ROOT / "hatch_build.py"]
BROWSER_FILES = [ROOT / "package.json", ROOT / "package-lock.json"]


def main(purpose: str) -> None:
    """Bring everything that `purpose` (run or dev) needs up to date."""
    _demand_tools()
    with _alone():
        _step("environment", [], _make_environment)
        _step("libraries", [ROOT / "requirements.txt"], lambda: _install("requirements.txt"))
        if purpose == "dev":
            _step("developer tools", [ROOT / "requirements-dev.txt"], lambda: _install("requirements-dev.txt"))
        _step("project", BUILD_FILES, _install_project)
        _step("browser libraries", BROWSER_FILES, _install_browser_libraries, ROOT / "node_modules")
        _step("assets", [*BROWSER_FILES, *_sources_of_assets()], _compile_assets, WEB / "static" / "dist")
        _step("translations", _translations(), _compile_translations)


def _demand_tools() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  # the one file that an older Python may be asked to run
        _stop(f"Vunnet needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12")
    if not shutil.which("npm"):
        _stop("Vunnet needs Node 20 or newer with npm to compile its CSS, and there is no npm here.")


@contextmanager
def _alone() -> Iterator[None]:
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _step(name: str, inputs: list[Path], work: Callable[[], None], output: Path = PYTHON) -> None:
    stamp = VENV / f"set-up-{name.replace(' ', '-')}.stamp"
    wanted = _fingerprint(inputs)
    if output.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    print(f"set-up: {name}", flush=True)
    work()
    stamp.write_text(wanted)


def _fingerprint(inputs: list[Path]) -> str:
    digest = hashlib.sha256(f"{sys.version} {ROOT}".encode())
    for path in inputs:
        digest.update(f"\n{path}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _make_environment() -> None:
    series = f"version = {sys.version_info.major}.{sys.version_info.minor}."
    settings = VENV / "pyvenv.cfg"
    other_python = settings.exists() and series not in settings.read_text()
    if subprocess.run([sys.executable, "-c", "import ensurepip"], check=False, capture_output=True).returncode:
        _stop("This Python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv")
    _run(sys.executable, "-m", "venv", *(["--clear"] if other_python else []), str(VENV))


def _install(requirements: str) -> None:
    _pip("install", "--require-hashes", "-r", requirements)


def _install_project() -> None:
    _pip("install", "--no-deps", "--no-build-isolation", "-e", ".")


def _pip(*arguments: str) -> None:
    _run(str(PYTHON), "-m", "pip", "-qq", "--disable-pip-version-check", *arguments)


def _install_browser_libraries() -> None:
    _run("npm", "ci", "--loglevel=error")


def _sources_of_assets() -> list[Path]:
    own = (path for path in (WEB / "assets").rglob("*") if path.is_file())
    # Tailwind reads the pages to learn which utility classes are in use.
    pages = (path for kind in ("*.html", "*.py") for path in WEB.rglob(kind))
    return sorted({*own, *pages})


def _compile_assets() -> None:
    _run("node", str(WEB / "assets" / "build.mjs"))


def _translations() -> list[Path]:
    return sorted((ROOT / "src").rglob("*.po"))


def _compile_translations() -> None:
    _run(str(PYTHON), str(ROOT / "scripts" / "messages.py"), "compile")


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, cwd=ROOT, stdin=subprocess.DEVNULL)
    except subprocess.CalledProcessError as failed:
        _stop(f"This step failed (exit {failed.returncode}): {' '.join(command)}")


def _stop(sentence: str) -> None:
    sys.exit(f"set-up: {sentence}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "run")
