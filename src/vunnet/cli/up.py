"""`vunnet up`: everything on one machine, from nothing to an address, and down again without a trace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console

from vunnet.cli.children import Child, Keeper, command, environment, stop_all
from vunnet.cli.surroundings import surroundings
from vunnet.cli.web import Host, Port, Workers
from vunnet.lib.errors import RuleBroken
from vunnet.postgres import Postgres

LOOK_EVERY = 0.3
SECONDS_TO_ANSWER = 60.0
ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104  # compared with, not listened on

console = Console(highlight=False)


class Stopped(Exception):
    """Someone asked us to stop: Ctrl-C, a service manager, or a closed terminal."""


@dataclass
class Database:
    """The embedded server, as something that may end and be started again."""

    server: Postgres
    name: str = "postgresql"

    def start(self) -> None:
        self.server.start_again()

    def is_running(self) -> bool:
        return self.server.is_running()


def up(host: Host = "127.0.0.1", port: Port = 8000, workers: Workers = None) -> None:
    """Start everything on this machine: database, tables, web, worker. Ctrl-C stops it."""
    _demand_assets()
    _demand_free(host, port)
    address = _address(host, port)
    os.environ.setdefault("VUNNET_PUBLIC_URL", address)
    _listen_for_the_end()
    web = Child("web", ["web", f"--host={host}", f"--port={port}", *([f"--workers={workers}"] if workers else [])])
    worker = Child("worker", ["worker"])
    try:
        with surroundings(django=False) as server:
            _run("migrate", "--quiet")
            try:
                _serve(server, [web, worker], address)
            finally:
                _ignore_signals()
                stop_all([web, worker])
    except Stopped:
        console.print("Stopped.")


def _serve(server: Postgres | None, children: list[Child], address: str) -> None:
    keepers = [Keeper(child, _warn) for child in children]
    for keeper in keepers:
        keeper.start()
    link = _run("prepare")
    if server:
        keepers.append(Keeper(Database(server), _warn, started_at=time.monotonic()))
    _wait_for_answer(children[0], address)
    _greet(address, link)
    while True:
        for keeper in keepers:
            keeper.look()
        time.sleep(LOOK_EVERY)


def _greet(address: str, link: str) -> None:
    public = os.environ["VUNNET_PUBLIC_URL"].rstrip("/")
    console.print(f"\n  Vunnet is running at [bold]{public}[/bold]")
    if public != address:
        console.print(f"  (listening on {address})")
    if link:
        target = link if "://" in link else public + link
        console.print("  Set up your workspace with this link; it works once and makes you its owner:")
        console.print(f"  [bold]{target}[/bold]", soft_wrap=True)
    console.print("  Ctrl-C stops it.\n")


def _run(*arguments: str) -> str:
    """Run another `vunnet` command to its end; returns the last line it printed."""
    result = subprocess.run(
        command(*arguments), env=environment(), stdout=subprocess.PIPE, text=True, check=False, start_new_session=True
    )
    if result.returncode:
        raise RuleBroken(f"`vunnet {arguments[0]}` failed (exit {result.returncode}); its message stands above.")
    lines = result.stdout.split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _demand_assets() -> None:
    spec = find_spec("vunnet.web")
    folder = Path(spec.origin).parent if spec and spec.origin else None
    if folder is None or not (folder / "static" / "dist" / "versions.json").exists():
        raise RuleBroken("The CSS and the browser's libraries are not compiled. In a checkout, run: make setup")


def _demand_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, port))
        except OSError as error:
            raise RuleBroken(
                f"Vunnet cannot listen on {host}, port {port}: {error.strerror}. "
                f"Stop what listens there, or choose another port: vunnet up --port {port % 65535 + 1}"
            ) from error


def _address(host: str, port: int) -> str:
    name = "127.0.0.1" if host in ANY_ADDRESS else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def _wait_for_answer(web: Child, address: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while not _answers(address):
        if time.monotonic() > deadline:
            raise RuleBroken(f"The web server did not answer at {address} within {SECONDS_TO_ANSWER:.0f} s.")
        if not web.is_running():
            raise RuleBroken("The web server ended while starting; its message stands above.")
        time.sleep(0.1)


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=5).close()  # noqa: S310  # our own address
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _warn(sentence: str) -> None:
    console.print(f"  [yellow]{sentence}[/yellow]")


def _listen_for_the_end() -> None:
    def stop(number: int, frame: object) -> None:
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def _ignore_signals() -> None:
    # A second Ctrl-C must not leave half of it running; killing what hangs has its own deadline.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
