"""`vunnet up`, for real: from nothing to an address, through deaths of its parts, and down again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from vunnet.cli.children import FIRST_PAUSE, LONGEST_PAUSE, Keeper, command
from vunnet.cli.surroundings import secret_key
from vunnet.postgres.binaries import account
from vunnet.postgres.settings import socket_folder

SECONDS_TO_START = 90
DIST = Path(__file__).parents[2] / "src" / "vunnet" / "web" / "static" / "dist" / "versions.json"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("up")
    for path in (folder, folder.parent, folder.parent.parent):
        path.chmod(0o755)
    return folder


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Up:
    """A running `vunnet up` and what it printed."""

    def __init__(self, home: Path, port: int) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("VUNNET_", "DATABASE_URL"))}
        self.address = f"http://127.0.0.1:{port}"
        self.output = home / f"up-{port}.log"
        with self.output.open("w") as file:
            self.process = subprocess.Popen(
                command("up", f"--port={port}"),
                env={**clean, "VUNNET_HOME": str(home)},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.tree: list[psutil.Process] = []

    def wait_until_running(self) -> Up:
        wait(lambda: "is running at" in self.text() or self.process.poll() is not None, SECONDS_TO_START)
        assert self.process.poll() is None, self.text()
        self.tree = psutil.Process(self.process.pid).children(recursive=True)
        return self

    def text(self) -> str:
        return self.output.read_text()

    def child(self, word: str) -> psutil.Process:
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if word in child.cmdline())

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(self.address, timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def survivors(self) -> list[psutil.Process]:
        return [process for process in self.tree if lives(process)]


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def up(home: Path, port: int) -> Iterator[Up]:
    assert DIST.exists(), "compiled assets are missing; run: make setup"
    running = Up(home, port)
    try:
        yield running.wait_until_running()
    finally:
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGTERM)
            running.process.wait(40)


def server_number(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def running_children(up: Up) -> list[psutil.Process]:
    return [child for child in psutil.Process(up.process.pid).children() if lives(child)]


def kill_part(up: Up, word: str) -> None:
    """Kill one part, and wait until it is said, started again, and the page answers."""
    before = up.child(word)
    before.kill()
    wait(lambda: f"{word} ended by itself" in up.text())
    wait(lambda: any(word in child.cmdline() and child.pid != before.pid for child in running_children(up)))
    wait(up.answers)


def kill_database(up: Up, home: Path) -> None:
    number = server_number(home)
    os.kill(number, signal.SIGKILL)
    wait(lambda: "postgresql ended by itself" in up.text())
    wait(lambda: database_answers(home))
    assert server_number(home) != number
    wait(up.answers)


def database_answers(home: Path) -> bool:
    try:
        return ask_database(home, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


def ask_database(home: Path, query: str) -> int:
    data = home / "postgres"
    with psycopg.connect(host=str(socket_folder(data, account())), user="postgres", dbname="vunnet") as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row
    return int(row[0])


def a_job_gets_done(home: Path) -> bool:
    defer = """SELECT unnest(procrastinate_defer_jobs_v1(ARRAY[ROW('default',
        'builtin:procrastinate.builtin_tasks.remove_old_jobs', 0, NULL, NULL, '{"max_hours": 1}', NULL
        )::procrastinate_job_to_defer_v1]))"""
    number = ask_database(home, defer)
    wait(lambda: ask_database(home, f"SELECT count(*) FROM procrastinate_jobs WHERE id = {number}") == 0, 45)
    return True


def stops_without_a_trace(up: Up, home: Path, number: signal.Signals) -> None:
    tree = psutil.Process(up.process.pid).children(recursive=True)
    server = psutil.Process(server_number(home))
    up.process.send_signal(number)
    assert up.process.wait(30) == 0
    assert [process for process in [*tree, server] if lives(process)] == []
    assert not (home / "postgres" / "postmaster.pid").exists()
    assert "Traceback" not in up.text().split("Ctrl-C stops it.")[-1]


def test_it_starts_from_nothing_works_and_stops_with_ctrl_c(up: Up, home: Path) -> None:
    assert up.answers()
    assert a_job_gets_done(home)
    stops_without_a_trace(up, home, signal.SIGINT)


def test_each_part_that_dies_is_started_again_and_that_is_said(up: Up, home: Path) -> None:
    kill_part(up, "web")
    kill_part(up, "worker")
    kill_database(up, home)
    assert a_job_gets_done(home)


def test_killed_wholly_or_in_part_it_leaves_nothing_that_hinders_the_next_start(up: Up, home: Path, port: int) -> None:
    server = server_number(home)
    up.process.kill()
    up.process.wait()
    wait(lambda: up.survivors() == [])
    assert psutil.pid_exists(server)
    again = Up(home, port).wait_until_running()
    assert again.answers()
    assert server_number(home) == server
    for process in [psutil.Process(server), psutil.Process(again.process.pid), *again.tree]:
        process.kill()
    again.process.wait()
    last = Up(home, port).wait_until_running()
    assert last.answers()
    stops_without_a_trace(last, home, signal.SIGTERM)


def test_a_taken_port_is_named_with_the_cure(home: Path, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        failed = Up(home, port)
        assert failed.process.wait(30) == 1
    assert f"cannot listen on 127.0.0.1, port {port}" in failed.text()
    assert f"--port {port + 1}" in failed.text()
    assert "Traceback" not in failed.text()


def test_the_secret_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    first = secret_key(tmp_path)
    assert len(first) > 60
    assert secret_key(tmp_path) == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "secret_key"]


def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    secret_key(tmp_path)
    (tmp_path / "secret_key").chmod(0o644)
    with pytest.raises(PermissionError, match="chmod 600"):
        secret_key(tmp_path)


class Stubborn:
    """Ends as soon as it is started."""

    name = "stubborn"

    def __init__(self) -> None:
        self.starts = 0

    def start(self) -> None:
        self.starts += 1

    def is_running(self) -> bool:
        return False


def test_what_keeps_ending_is_started_at_longer_and_longer_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    said: list[str] = []
    part = Stubborn()
    keeper = Keeper(part, said.append)
    keeper.start()
    pauses = []
    while part.starts < 9:
        keeper.look()
        pauses.append(keeper.pause)
        clock[0] += keeper.pause
        keeper.look()
    assert pauses == sorted(pauses)
    assert pauses[0] == FIRST_PAUSE * 2
    assert pauses[-1] == LONGEST_PAUSE
    assert len(said) == 8
