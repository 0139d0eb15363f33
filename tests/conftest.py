"""A throw-away PostgreSQL, and the same four people everywhere: alice (owner), bob (rep), carol (viewer), mallory (another workspace)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

PASSWORD = "heat pumps in winter"
NAME = "test_vunnet"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """An embedded server of its own, gone after the run."""
    from vunnet import postgres as embedded

    home = Path(tempfile.mkdtemp(prefix="vt"))
    home.chmod(0o755)
    server = embedded.start(home, durable=False)
    yield server
    server.stop()
    shutil.rmtree(home, ignore_errors=True)


def _use(database: str, role: str, server: Any) -> None:
    """Point Django's connection at a database, as one of the two roles."""
    from django.db import connections

    connections["default"].close()
    parts = psycopg.conninfo.conninfo_to_dict(make_conninfo(server.url, dbname=database))
    settings = connections["default"].settings_dict
    settings.update(NAME=database, USER=parts["user"], HOST=parts["host"], PORT=str(parts.get("port", "")))
    settings["CONN_MAX_AGE"] = 0
    settings["OPTIONS"] = {"prepare_threshold": 1, "options": f"-c role={role} -c timezone=UTC -c jit=off"}


def _run(server: Any, statement: str) -> None:
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(scope="session")
def django_db_setup(postgres: Any, django_db_blocker: Any) -> Iterator[None]:
    """Migrate a database as its owner, then serve as the role that row-level security binds."""
    from django.core.management import call_command

    from vunnet.postgres import prepare_roles
    from vunnet.workspaces import worded

    worded.CHECKED = True
    _run(postgres, f"CREATE DATABASE {NAME}")
    prepare_roles(make_conninfo(postgres.admin_url, dbname=NAME))
    prepare_roles(make_conninfo(postgres.url, dbname=NAME))
    with django_db_blocker.unblock():
        _use(NAME, "vunnet_owner", postgres)
        call_command("migrate", verbosity=0)
        _use(NAME, "vunnet_app", postgres)
        yield
        from django.db import connections

        connections["default"].close()


@pytest.fixture
def committed(postgres: Any, django_db_setup: None, django_db_blocker: Any, request: Any) -> Iterator[str]:
    """A database of one's own, copied from the migrated one, in which commits are real: for threads, browsers and COPY."""
    name = f"copy_{abs(hash(request.node.nodeid)) % 10**9}"
    with django_db_blocker.unblock():
        from django.db import connections

        connections["default"].close()
        _run(postgres, f"CREATE DATABASE {name} TEMPLATE {NAME}")
        _use(name, "vunnet_app", postgres)
        yield make_conninfo(postgres.url, dbname=name, options="-c role=vunnet_app")
        _use(NAME, "vunnet_app", postgres)
    _run(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def own_folder(request: Any, monkeypatch: Any) -> None:
    """Workspaces of different tests bear the same numbers, and the developer's own lie in the usual folder: each has its copies apart."""
    if "django_db_setup" in request.fixturenames:
        from django.conf import settings

        monkeypatch.setattr(settings, "HOME", request.getfixturevalue("tmp_path"))


@pytest.fixture(autouse=True)
def patience(request: Any, monkeypatch: Any) -> None:
    """A test sees the numbers of what it has just done: its transaction is its own, and no other thread sees into it."""
    if "django_db_setup" in request.fixturenames:
        from vunnet.reports import latest

        monkeypatch.setattr(latest, "PATIENCE", None)


@dataclass
class House:
    """Fjellvarme with its people, and Mallory's workspace beside it."""

    workspace: Any
    alice: Any
    bob: Any
    carol: Any
    other: Any
    mallory: Any
    pipeline: Any

    def stage(self, name: str) -> Any:
        return self.pipeline.stages.get(name=name)

    def deal(self, name: str = "Heat pump", **fields: Any) -> Any:
        from vunnet.deals.actions import open_deal

        fields.setdefault("amount", Decimal(1000))
        return open_deal(fields.pop("by", self.alice), workspace=self.workspace, name=name, **fields)


def build_house() -> House:
    """Built through actions, like everything."""
    from vunnet.deals.pipelines import furnish
    from vunnet.workspaces import actions, inviting, walls
    from vunnet.workspaces.models import Member, User

    users = {
        n: User.objects.create_user(f"{n}@example.org", PASSWORD, name=f"{n.title()} Berg")
        for n in ("alice", "bob", "carol", "mallory")
    }
    room = actions.found_workspace("Fjellvarme", owner=users["alice"], time_zone="Europe/Oslo", currency="NOK")
    other = actions.found_workspace("Elsewhere", owner=users["mallory"], time_zone="UTC")
    with walls.scope(workspace_id=other.pk):
        mallory = Member.objects.get(user=users["mallory"])
        furnish(other, mallory)
    with walls.scope(workspace_id=room.pk):
        alice = Member.objects.get(user=users["alice"])
        pipeline = furnish(room, alice)
        joined = {}
        for name, role in (("bob", "rep"), ("carol", "viewer")):
            _invitation, token = inviting.invite(alice, email=f"{name}@example.org", role=role)
            joined[name] = inviting.accept_invitation(token, user=users[name])
    return House(room, alice, joined["bob"], joined["carol"], other, mallory, pipeline)


@pytest.fixture
def house(db: None) -> Iterator[House]:
    """The workspace, with its scope open for the length of the test."""
    from vunnet.workspaces import walls

    built = build_house()
    with walls.scope(workspace_id=built.workspace.pk):
        yield built


def pytest_configure() -> None:
    """Hashing a password costs a third of a second by design; a test needs only that it is hashed."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
