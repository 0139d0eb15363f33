"""The embedded PostgreSQL: made, tuned, started, found again and stopped. Used when the operator gives no DATABASE_URL.

One server per home folder, shared by every process that asks for it: the first one starts it, the last one stops it,
and one left behind by a killed process is found and used again. It listens on a socket only its owner can open, on no
network.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from vunnet.postgres.binaries import PostgresFailed, account, demand_access, run, version
from vunnet.postgres.locks import hold, let_go, locked
from vunnet.postgres.roles import APP, OWNER, prepare_roles
from vunnet.postgres.settings import settings_file, socket_folder

DATABASE = "vunnet"
LOGIN = "vunnet"
SECONDS_TO_RECOVER = 120
SECONDS_TO_DISAPPEAR = 15


@dataclass
class Postgres:
    """A running server and this process's share in it."""

    data: Path
    socket: Path
    _share: int

    @property
    def url(self) -> str:
        """Address of the database "vunnet" for a login that may only become vunnet_owner or vunnet_app."""
        return _url(self.socket, LOGIN, DATABASE)

    @property
    def admin_url(self) -> str:
        """Address for the superuser; for tests, backups and repair, never for serving."""
        return _url(self.socket, "postgres", DATABASE)

    def is_running(self) -> bool:
        """Whether the server lives; it may have been killed."""
        return _postmaster(self.data) is not None

    def stop(self) -> bool:
        """Give up this process's share; stop the server unless another process uses it. True if it was stopped."""
        with locked(_door(self.data)):
            return self._leave()

    def start_again(self) -> None:
        """Start the server anew after it was killed; does nothing if it lives."""
        with locked(_door(self.data)):
            _ensure_running(self.data, self.socket)

    def _leave(self) -> bool:
        let_go(self._share)
        last = hold(_users(self.data), wait=False)
        if last is None:
            return False
        if self.is_running():
            _stop(self.data)
        let_go(last)
        return True


def start(home: Path, *, durable: bool = True) -> Postgres:
    """Start the server whose data are in `home`/postgres, or find it running; makes both on the first call.

    `durable=False` gives up safety against power cuts for speed: tests only. Raises PostgresFailed with cause and cure.
    """
    home = home.expanduser().resolve()
    home.mkdir(parents=True, exist_ok=True)
    data = home / "postgres"
    with locked(_door(data)):
        demand_access(home)
        _make_cluster(data)
        server = Postgres(data, socket_folder(data, account()), hold(_users(data), shared=True))
        try:
            (data / "vunnet.conf").write_text(settings_file(server.socket, durable=durable))
            _ensure_running(data, server.socket)
            _make_database(server.socket)
        except BaseException:
            # Also when interrupted: nobody would know of the server that was just started.
            server._leave()
            raise
    return server


def _door(data: Path) -> Path:
    return data.with_name("postgres.lock")


def _users(data: Path) -> Path:
    return data.with_name("postgres.users")


def _stop(data: Path) -> None:
    run(data, "pg_ctl", "stop", "-D", str(data), "-m", "fast", "-w", "-t", "60")


def _url(socket: Path, user: str, database: str) -> str:
    return f"postgresql://{user}@/{database}?host={quote(str(socket), safe='')}&port=5432"


def _make_cluster(data: Path) -> None:
    if (data / "PG_VERSION").exists():
        _check_version(data)
        return
    if data.exists() and any(data.iterdir()):
        raise PostgresFailed(f"{data} is not empty and holds no PostgreSQL data. Move it away or change VUNNET_HOME.")
    # Made beside and moved: a first start killed half-way leaves nothing that looks finished.
    draft = data.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if owner := account():
        os.chown(draft, owner.pw_uid, owner.pw_gid)
    # Sorted by code point on every machine, and yet lower('Å') is 'å'.
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    run(draft, "initdb", "-D", str(draft), "-U", "postgres", "--auth-local=trust", "--auth-host=reject", *locale)
    with (draft / "postgresql.conf").open("a") as file:
        file.write("include 'vunnet.conf'\ninclude_if_exists 'operator.conf'\n")
    draft.rename(data)


def _check_version(data: Path) -> None:
    found = (data / "PG_VERSION").read_text().strip()
    if found != version():
        raise PostgresFailed(
            f"{data} was written by PostgreSQL {found}; this Vunnet brings {version()}. "
            f"Dump it with the Vunnet that wrote it, move the folder away, start again and restore."
        )


def _ensure_running(data: Path, socket: Path) -> None:
    if _postmaster(data) and _answers(socket):
        return
    if _postmaster(data):
        # Alive and unreachable: someone removed its socket. Nobody can use it, so nobody is disturbed.
        _stop(data)
    _clear_stale_locks(data, socket)
    log = str(data / "start.log")
    run(data, "pg_ctl", "start", "-D", str(data), "-w", "-t", str(SECONDS_TO_RECOVER), "-l", log)


def _answers(socket: Path) -> bool:
    deadline = time.monotonic() + SECONDS_TO_RECOVER
    while time.monotonic() < deadline:
        try:
            psycopg.connect(_url(socket, "postgres", "postgres"), connect_timeout=5).close()
            return True
        except psycopg.OperationalError as error:
            if "starting up" not in str(error) and "recovery" not in str(error):
                return False
        time.sleep(0.1)
    return False


def _postmaster(data: Path) -> psutil.Process | None:
    """The living server of these data. A process number alone proves nothing: after a restart it may be anyone's."""
    try:
        number = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(number)
        return process if _serves(process, data) else None
    except (OSError, ValueError, psutil.Error):
        return None


def _serves(process: psutil.Process, data: Path) -> bool:
    with suppress(psutil.Error, OSError):
        return process.name() == "postgres" and Path(process.cwd()) == data
    return False


def _clear_stale_locks(data: Path, socket: Path) -> None:
    locks = [path for path in (data / "postmaster.pid", socket / ".s.PGSQL.5432.lock") if path.exists()]
    if not locks:
        return
    # Sessions of a killed server end by themselves; two servers on one set of data would destroy it.
    deadline = time.monotonic() + SECONDS_TO_DISAPPEAR
    while any(_serves(process, data) for process in psutil.process_iter()):
        if time.monotonic() > deadline:
            raise PostgresFailed(f"Processes of a killed PostgreSQL still work on {data}. End them and start again.")
        time.sleep(0.1)
    for lock in locks:
        lock.unlink()


def _make_database(socket: Path) -> None:
    with psycopg.connect(_url(socket, "postgres", "postgres"), autocommit=True) as admin:
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    prepare_roles(_url(socket, "postgres", DATABASE))
    with psycopg.connect(_url(socket, "postgres", DATABASE), autocommit=True) as admin:
        if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [LOGIN]).fetchone():
            # Without rights of its own: what it may do it may do as one of the two roles.
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN NOINHERIT").format(sql.Identifier(LOGIN)))
            admin.execute(sql.SQL("GRANT {}, {} TO {}").format(*map(sql.Identifier, (OWNER, APP, LOGIN))))
