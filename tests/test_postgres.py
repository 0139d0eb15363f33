"""The embedded PostgreSQL, for real: started, killed, found again; and the roles, on it and on an operator's server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from vunnet.postgres import Postgres, PostgresFailed, RolesMissing, prepare_roles, start
from vunnet.postgres.settings import LONGEST_SOCKET, settings_file, socket_folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    # pytest's folders are closed to others; the server's own account has to pass through.
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    return tmp_path / "home"


@pytest.fixture
def server(home: Path) -> Iterator[Postgres]:
    started = start(home, durable=False)
    yield started
    if started.is_running():
        started.stop()


def ask(url: str, query: str, role: str | None = None) -> object:
    options = f"-c role={role}" if role else ""
    with psycopg.connect(make_conninfo(url, options=options)) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def postmaster(server: Postgres) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def wait_until_gone(number: int) -> None:
    deadline = time.monotonic() + 10
    while psutil.pid_exists(number) and psutil.Process(number).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_rows_survive_a_stop_and_a_start(home: Path) -> None:
    first = start(home)
    with psycopg.connect(first.url, options="-c role=vunnet_owner") as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('Ålesund')")
    assert first.stop()
    assert not first.is_running()
    again = start(home)
    assert ask(again.url, "SELECT lower(word) FROM kept", "vunnet_app") == "ålesund"
    again.stop()


def test_a_second_start_finds_the_running_server_and_only_the_last_stop_ends_it(server: Postgres, home: Path) -> None:
    number = postmaster(server)
    second = start(home, durable=False)
    assert postmaster(second) == number
    assert second.stop() is False
    assert server.is_running()
    assert server.stop() is True
    wait_until_gone(number)


def test_a_killed_server_starts_again_with_what_was_committed(home: Path) -> None:
    server = start(home)
    with psycopg.connect(server.url, options="-c role=vunnet_owner") as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
    number = postmaster(server)
    os.kill(number, signal.SIGKILL)
    wait_until_gone(number)
    assert (server.data / "postmaster.pid").exists()
    assert not server.is_running()
    server.start_again()
    assert ask(server.url, "SELECT count(*) FROM kept", "vunnet_app") == 1000
    server.stop()


def test_a_stale_process_number_that_is_someone_elses_now_is_no_obstacle(server: Postgres, home: Path) -> None:
    server.stop()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n1\n5432\n{server.socket}\n\n\nready\n")
    again = start(home, durable=False)
    assert postmaster(again) != os.getpid()
    again.stop()


def test_a_server_left_by_a_killed_process_is_found_and_used(home: Path) -> None:
    program = f"""if True:
        from pathlib import Path
        from vunnet.postgres import start
        server = start(Path({str(home)!r}))
        print('up', flush=True)
        input()
    """
    left = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    assert left.stdout
    assert left.stdout.readline() == b"up\n"
    left.kill()
    left.wait()
    number = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
    assert psutil.pid_exists(number)
    found = start(home)
    assert postmaster(found) == number
    assert found.stop() is True


def test_a_server_whose_socket_was_removed_is_replaced(server: Postgres, home: Path) -> None:
    number = postmaster(server)
    (server.socket / ".s.PGSQL.5432").unlink()
    again = start(home, durable=False)
    assert ask(again.url, "SELECT 1") == 1
    assert postmaster(again) != number
    again.stop()


def test_a_first_start_killed_halfway_is_begun_anew(home: Path) -> None:
    half = home / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = start(home, durable=False)
    assert ask(server.url, "SELECT 1") == 1
    assert not half.exists()
    server.stop()


def test_a_folder_with_other_things_in_it_is_left_alone(home: Path) -> None:
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "letters.txt").write_text("mine")
    with pytest.raises(PostgresFailed, match="holds no PostgreSQL data"):
        start(home)
    assert (home / "postgres" / "letters.txt").read_text() == "mine"


def test_data_of_another_version_are_refused_with_the_cure(home: Path) -> None:
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(PostgresFailed, match=r"PostgreSQL 16; this Vunnet brings 18"):
        start(home)


def test_a_setting_that_postgresql_refuses_is_shown(server: Postgres, home: Path) -> None:
    server.stop()
    (server.data / "operator.conf").write_text("shared_buffers = lots\n")
    with pytest.raises(PostgresFailed, match="shared_buffers"):
        start(home, durable=False)
    (server.data / "operator.conf").write_text("work_mem = 16MB\n")
    again = start(home, durable=False)
    assert ask(again.url, "SHOW work_mem") == "16MB"
    again.stop()


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(home: Path) -> None:
    deep = home / ("a-long-name-" * 6) / ("and-another-" * 6)
    server = start(deep, durable=False)
    assert len(str(server.socket)) < LONGEST_SOCKET < len(str(server.data))
    assert server.socket.stat().st_mode & 0o077 == 0
    assert ask(server.url, "SELECT 1") == 1
    server.stop()
    server.socket.rmdir()


def test_a_short_folder_that_others_may_read_is_refused(home: Path) -> None:
    data = home / ("a-long-name-" * 10)
    folder = socket_folder(data, None)
    folder.chmod(0o755)
    try:
        with pytest.raises(PermissionError, match="should belong"):
            socket_folder(data, None)
    finally:
        folder.rmdir()


def test_it_listens_on_no_network_and_to_its_owner_only(postgres: Postgres) -> None:
    assert psutil.Process(postmaster(postgres)).net_connections("inet") == []
    assert ask(postgres.url, "SHOW listen_addresses") == ""
    assert postgres.data.stat().st_mode & 0o077 == 0


def test_text_sorts_by_code_point_and_knows_capitals(postgres: Postgres) -> None:
    assert ask(postgres.url, "SELECT string_agg(x, '' ORDER BY x) FROM unnest(array['a','Å','B','z']) x") == "BazÅ"
    assert ask(postgres.url, "SELECT lower('ÆØÅ') || upper('ß')") in ("æøåß", "æøåSS")


def test_a_lasting_server_does_not_gamble_with_commits() -> None:
    assert "fsync" not in settings_file(Path("/x"), durable=True)
    assert "fsync = off" in settings_file(Path("/x"), durable=False)


def test_the_serving_role_is_bound_and_owns_nothing(postgres: Postgres) -> None:
    flags = "rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolcanlogin"
    assert ask(postgres.url, f"SELECT {flags} FROM pg_roles WHERE rolname = 'vunnet_app'") is False
    with psycopg.connect(postgres.url, options="-c role=vunnet_app", autocommit=True) as connection:
        for forbidden in (
            "CREATE TABLE t ()",
            "SET ROLE postgres",
            "CREATE ROLE x",
            "COPY (SELECT 1) TO PROGRAM 'true'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


def test_the_login_is_no_superuser(postgres: Postgres) -> None:
    flags = "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolinherit FROM pg_roles WHERE rolname = session_user"
    assert ask(postgres.url, flags) is False


def test_the_serving_role_writes_rows_of_tables_made_later_and_cannot_alter_them(server: Postgres) -> None:
    with psycopg.connect(server.url, options="-c role=vunnet_owner") as owner:
        owner.execute("CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY, word text)")
    with psycopg.connect(server.url, options="-c role=vunnet_app", autocommit=True) as app:
        app.execute("INSERT INTO later (word) VALUES ('x')")
        app.execute("UPDATE later SET word = 'y'")
        for forbidden in ("ALTER TABLE later ADD n int", "TRUNCATE later", "DROP TABLE later"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(forbidden)


@pytest.fixture
def operators(server: Postgres) -> str:
    """An operator's database whose login is an ordinary owner, on a server without our roles."""
    with psycopg.connect(make_conninfo(server.admin_url, dbname="postgres"), autocommit=True) as admin:
        admin.execute("DROP DATABASE vunnet WITH (FORCE)")
        admin.execute("DROP ROLE vunnet")
        admin.execute("DROP ROLE vunnet_app")
        admin.execute("DROP ROLE vunnet_owner")
        admin.execute("CREATE ROLE crm LOGIN")
        admin.execute("CREATE DATABASE crm OWNER crm")
    return make_conninfo(server.url, user="crm", dbname="crm")


def test_an_operators_login_that_may_make_roles_makes_them(server: Postgres, operators: str) -> None:
    with psycopg.connect(make_conninfo(server.admin_url, dbname="postgres"), autocommit=True) as admin:
        admin.execute("ALTER ROLE crm CREATEROLE")
    prepare_roles(operators)
    prepare_roles(operators)
    assert ask(operators, "SELECT current_user", "vunnet_owner") == "vunnet_owner"
    assert ask(operators, "SELECT current_user", "vunnet_app") == "vunnet_app"


def test_an_operators_login_that_may_not_gets_the_sql_that_cures_it(server: Postgres, operators: str) -> None:
    with pytest.raises(RolesMissing, match="administrator") as refused:
        prepare_roles(operators)
    script = str(refused.value).split("\n\n", 1)[1]
    with psycopg.connect(make_conninfo(server.admin_url, dbname="crm"), autocommit=True) as admin:
        admin.execute(script.encode())
    prepare_roles(operators)
    with psycopg.connect(operators, options="-c role=vunnet_owner") as owner:
        owner.execute("CREATE TABLE t (n int)")
    assert ask(operators, "SELECT count(*) FROM t", "vunnet_app") == 0


def test_a_serving_role_that_bypasses_the_walls_is_refused(server: Postgres) -> None:
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        admin.execute("ALTER ROLE vunnet_app BYPASSRLS")
    with pytest.raises(RolesMissing, match="bound by row-level security"):
        prepare_roles(server.admin_url)


def test_roles_made_by_two_processes_at_once_are_made_once(server: Postgres) -> None:
    admin_url = server.admin_url
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("DROP OWNED BY vunnet_app")
    program = f"from vunnet.postgres import prepare_roles; prepare_roles({admin_url!r})"
    both = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(4)]
    assert [process.wait() for process in both] == [0, 0, 0, 0]
