"""What every command that touches the CRM needs around it: a home folder, a secret, a database, Django."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vunnet.postgres import APP, Postgres, prepare_roles, start

SHORTEST_SECRET = 40


def home() -> Path:
    """The folder of this installation's data: $VUNNET_HOME, else .vunnet in the working directory."""
    return Path(os.environ.get("VUNNET_HOME") or ".vunnet").expanduser().absolute()


@contextmanager
def surroundings(role: str = APP, *, django: bool = True) -> Iterator[Postgres | None]:
    """Set the environment that settings.py reads, with a database that answers; afterwards let go of the embedded one.

    The database is the operator's own if DATABASE_URL says so (nothing is yielded), else the embedded one.
    """
    os.environ["VUNNET_HOME"] = str(home())
    os.environ["VUNNET_DATABASE_ROLE"] = role
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vunnet.settings")
    _provide_secret()
    own = os.environ.get("DATABASE_URL")
    if own:
        prepare_roles(own)
    server = None if own else start(home())
    try:
        if server:
            os.environ["DATABASE_URL"] = server.url
        if django:
            _set_up_django()
        yield server
    finally:
        if server:
            os.environ.pop("DATABASE_URL", None)
            server.stop()


def _set_up_django() -> None:
    import django

    django.setup()


def _provide_secret() -> None:
    if not os.environ.get("VUNNET_SECRET_KEY"):
        os.environ["VUNNET_SECRET_KEY"] = secret_key(home())


def secret_key(folder: Path) -> str:
    """This installation's secret, made once. Raises PermissionError if others may read it."""
    path = folder / "secret_key"
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make_secret(path)
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} can be read by others. Run: chmod 600 {path}")
    found = path.read_text().strip()
    if len(found) < SHORTEST_SECRET:
        raise PermissionError(f"{path} is shorter than {SHORTEST_SECRET} characters. Remove it and start again.")
    return found


def _make_secret(path: Path) -> None:
    draft = path.with_name(f"secret_key.{os.getpid()}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w") as stream:
        stream.write(secrets.token_urlsafe(50))
    # Two first starts at once: the first one's secret stays, and it is never seen half-written.
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
