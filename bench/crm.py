"""The CRM under load: a generated workspace behind the real server, four clients, every page the budgets name.

    python -m bench.crm [--deals 100000] [--people 200000] [--activities 11] [--requests 200] [--home folder] [--only today]

Prints p50 and p95 in milliseconds for one client and for four, the import rate, the memory of web and worker, and the bytes of a first
load, beside what EXPERIENCE asks and what other CRMs needed on the same size of machine. Nothing here asserts. With `--home` the filled
workspace stays in that folder and a second run asks it again, which is how a slow page is looked into.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench._jobs import bulk_edit, import_file, pages

ROOT = Path(__file__).resolve().parent.parent
PORT = 8765
# What the same job took elsewhere: (one client, four clients) in ms, from measurements on two cores with 100,000 deals.
OTHERS = {
    "board": "Odoo 2,169 / 4,350 · BottleCRM 559 / 1,246",
    "list, first page": "django-crm 354 / 769 · Odoo 27 / 52 · Tryton 39 / 76",
    "deal page": "django-crm 99 / 380 · Odoo 10 / 28 · Tryton 9 / 20",
    "search": "django-crm 150 / 428 · Odoo 46 / 102 · Tryton 89 / 172",
    "insight, first": "django-crm 100 / 266 · Odoo 40 / 139 (a win rate without intervals)",
    "create a deal": "django-crm 83 / 128 · Odoo 32 / 91 · Tryton 9 / 22",
}
BUDGET = {
    "board": "40 / 80",
    "list, first page": "20 / 40",
    "deal page": "20 / 40",
    "search": "12 / 25",
    "insight, again": "20",
    "insight, first": "150",
    "create a deal": "8 / 20",
    "palette": "p95 60",
}


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--deals", type=int, default=100_000)
    ask.add_argument("--people", type=int, default=200_000)
    ask.add_argument("--companies", type=int, default=20_000)
    ask.add_argument("--activities", type=float, default=1.0, help="contacts a deal, about")
    ask.add_argument("--requests", type=int, default=200)
    ask.add_argument("--home", help="keep the filled workspace in this folder, and use the one that is there")
    ask.add_argument("--only", default="", help="ask only for the pages whose name contains this")
    ask.add_argument("--workers", type=int, help="web processes; without it as many as `vunnet up` takes")
    given = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="vb", dir="/tmp") as folder:
        home = Path(given.home or folder)
        home.mkdir(exist_ok=True)
        home.chmod(0o755)
        os.environ["VUNNET_HOME"] = str(home)
        os.environ["VUNNET_PUBLIC_URL"] = f"http://127.0.0.1:{PORT}"
        session = prepared(given)
        with serving(given.workers):
            measure(session, given.requests, given.only)


def prepared(given: argparse.Namespace) -> Session:
    """The filled workspace with somebody signed in: the seller with most to do, so that no page is empty."""
    from vunnet.cli.surroundings import surroundings

    subprocess.run([sys.executable, "-m", "vunnet", "migrate"], check=True, capture_output=True)
    with surroundings():
        from vunnet.workspaces import walls
        from vunnet.workspaces.models import User, Workspace

        user = User.objects.first() or fill(given)
        with walls.scope(user_id=user.pk):
            room = Workspace.objects.get()
        with walls.scope(workspace_id=room.pk):
            session = Session(room.slug, sign_in(user), numbers())
        session.queries = counted(session, user)
        return session


def fill(given: argparse.Namespace) -> Any:
    """Generate, import, do the large jobs."""
    from datetime import UTC, datetime

    from django.db import transaction
    from django.db.models import Count

    from vunnet.activities.models import Activity
    from vunnet.exchange.sample import sample
    from vunnet.imports.takeover import take_over
    from vunnet.reports import usual
    from vunnet.workspaces import walls
    from vunnet.workspaces.actions import found_workspace
    from vunnet.workspaces.models import Member, Role, User

    say(f"generating {given.deals:,} deals, {given.people:,} people, {given.companies:,} companies")
    export = sample(
        datetime.now(UTC).date(),
        companies=given.companies,
        people=given.people,
        deals=given.deals,
        activities_per_deal=given.activities,
    )
    counts = ", ".join(f"{table.num_rows:,} {name}" for name, table in export.tables.items())
    with transaction.atomic():
        room = found_workspace("Bench", owner=None, time_zone="Europe/Oslo", currency="NOK")
    started = time.perf_counter()
    take_over(export, room, by=None)
    seconds = time.perf_counter() - started
    rows = export.rows_read
    say(f"import: {rows:,} rows ({counts}) in {seconds:.1f} s ({rows / seconds:,.0f} a second)")
    user = User.objects.create_user("bench@vunnet.example", "a password for benchmarks", name="Astrid Lunde")
    with walls.scope(workspace_id=room.pk, user_id=user.pk):
        busiest = Activity.objects.planned().filter(member__isnull=False).values("member").annotate(n=Count("pk"))
        Member.objects.filter(pk=busiest.order_by("-n")[0]["member"]).update(user=user, role=Role.OWNER)
        started = time.perf_counter()
        usual.compute(room, datetime.now(UTC).date())
        say(f"first copy to Parquet and first analysis: {time.perf_counter() - started:.1f} s")
    say(bulk_edit(room))
    say(import_file(room))
    return user


def counted(session: Session, user: Any) -> dict[str, int]:
    """How many questions to the database each page asks."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client, found = Client(), {}
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    for name, job in pages(session.rows).items():
        path, body = job(0)
        if body is None:
            client.get(f"/w/{session.slug}{path}", headers={"host": "127.0.0.1"})
            with CaptureQueriesContext(connection) as queries:
                client.get(f"/w/{session.slug}{path}", headers={"host": "127.0.0.1"})
            found[name] = len(queries)
    return found


def numbers() -> dict[str, int]:
    from vunnet.contacts.models import Person
    from vunnet.deals.models import Deal, Stage

    stages = list(Stage.objects.filter(kind="open").order_by("position").values_list("pk", flat=True)[:2])
    # Moving a deal to and fro gives it a history that no deal has: the pages are those of another.
    moved, deal = Deal.objects.filter(stage__kind="open", company__isnull=False).order_by("-amount")[3:5]
    person = Person.objects.filter(company=deal.company_id).first() or Person.objects.first()
    return {
        "deal": deal.pk,
        "moved": moved.pk,
        "company": deal.company_id,
        "person": person.pk,
        "stage": stages[0],
        "other": stages[1],
    }


def sign_in(user: object) -> dict[str, str]:
    """A session made on the server's side, and a CSRF token that belongs to it."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.middleware.csrf import _get_new_csrf_string

    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)  # type: ignore[attr-defined]
    store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()  # type: ignore[attr-defined]
    store.save()
    token = _get_new_csrf_string()
    cookie = f"{settings.SESSION_COOKIE_NAME}={store.session_key}; {settings.CSRF_COOKIE_NAME}={token}"
    return {"Cookie": cookie, "X-CSRFToken": token, "Accept-Encoding": "gzip"}


class Session:
    """A signed-in client's headers, and the rows it asks for."""

    def __init__(self, slug: str, headers: dict[str, str], rows: dict[str, int]) -> None:
        self.slug, self.headers, self.rows = slug, headers, rows
        self.queries: dict[str, int] = {}

    def ask(
        self, path: str, body: str | None = None, connection: http.client.HTTPConnection | None = None
    ) -> tuple[int, bytes, float]:
        used = connection or http.client.HTTPConnection("127.0.0.1", PORT)
        headers = dict(self.headers)
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.perf_counter()
        used.request("GET" if body is None else "POST", f"/w/{self.slug}{path}", body, headers)
        answer = used.getresponse()
        read = answer.read()
        seconds = time.perf_counter() - started
        if answer.getheader("Content-Encoding") == "gzip":
            self.compressed = len(read)
            read = gzip.decompress(read)
        else:
            self.compressed = len(read)
        return answer.status, read, seconds


@contextmanager
def serving(workers: int | None) -> Iterator[None]:
    """`vunnet up` as an operator runs it, without the sample."""
    command = [
        sys.executable,
        "-m",
        "vunnet",
        "up",
        "--port",
        str(PORT),
        *([f"--workers={workers}"] if workers else []),
    ]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=os.environ | {"VUNNET_NO_SAMPLE": "1"}, stdout=quiet, stderr=quiet)
    try:
        wait_until_it_answers()
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def wait_until_it_answers() -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", PORT)
            connection.request("GET", "/accounts/login/")
            if connection.getresponse().status == 200:
                # Analysis and charts load in the background; a user comes later than that.
                time.sleep(8)
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the server did not start")


def measure(session: Session, requests: int, only: str) -> None:
    first_insight = session.ask("/insight/")[2]
    for room in ("won", "signals", "winning", "forecast"):
        session.ask(f"/insight/{room}/")
    tail = last_page(session)
    jobs = pages(session.rows)
    jobs["list, 50th page"] = lambda n: (tail, None)
    jobs["create a deal"] = lambda n: ("/deals/new/", f"name=Bench+{n}&stage={session.rows['stage']}")
    say(
        f"\n{'job':<30}{'queries':>8}{'one: p50':>10}{'p95':>8}{'four: p50':>12}{'p95':>8}{'kB':>8}   budget      others (p50, one / four)"
    )
    for name, job in jobs.items():
        if only in name:
            run(name, session, job, requests)
    move(session, requests)
    say(
        f"{'insight, first':<38}{first_insight * 1000:>10.0f}{'':>36}   {BUDGET['insight, first']:<11} {OTHERS['insight, first']}"
    )
    say(f"\nmemory (PSS): {memory()}")
    first_load(session)


def last_page(session: Session) -> str:
    """The address of the 50th page, reached as a person would: by following the link 49 times."""
    path = "/deals/?state=all"
    for _page in range(49):
        _status, body, _seconds = session.ask(path)
        found = re.search(rb'href="(/w/[^"]*after=[^"]*)"', body)
        if not found:
            break
        path = found[1].decode().replace("&amp;", "&").split(session.slug, 1)[1]
    return path


def run(name: str, session: Session, job: Callable[[int], tuple[str, str | None]], requests: int) -> None:
    alone = timed(session, job, requests, 1)
    four = timed(session, job, requests, 4)
    line = f"{name:<30}{session.queries.get(name, ''):>8}{q(alone, 50):>10.1f}{q(alone, 95):>8.1f}{q(four, 50):>12.1f}{q(four, 95):>8.1f}{session.compressed / 1000:>8.1f}"
    say(f"{line}   {BUDGET.get(name, ''):<11} {OTHERS.get(name, '')}")


def timed(session: Session, job: Callable[[int], tuple[str, str | None]], requests: int, clients: int) -> list[float]:
    found: list[float] = []

    def client(start: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", PORT)
        for n in range(start, requests, clients):
            path, body = job(n)
            status, answer, seconds = session.ask(path, body, connection)
            if status not in (200, 302):
                raise SystemExit(f"{path}: {status} {answer[:300]!r}")
            found.append(seconds * 1000)

    threads = [threading.Thread(target=client, args=(start,)) for start in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def move(session: Session, requests: int) -> None:
    """One deal to and fro between two stages, as the board does it."""
    rows = session.rows
    session.headers["HX-Request"] = "true"
    session.headers["HX-Current-URL"] = f"http://127.0.0.1:{PORT}/w/{session.slug}/board/"
    present = session.ask(f"/deals/{rows['moved']}/")
    here = rows["other"] if f'name="to" value="{rows["other"]}"'.encode() in present[1] else rows["stage"]
    found = []
    for n in range(requests):
        to = (rows["other"], rows["stage"])[n % 2] if here == rows["other"] else (rows["stage"], rows["other"])[n % 2]
        status, answer, seconds = session.ask(f"/deals/{rows['moved']}/move/", f"to={to}&on=board")
        if status == 200:
            found.append(seconds * 1000)
        elif status != 422:
            raise SystemExit(f"move: {status} {answer[:300]!r}")
    del session.headers["HX-Request"], session.headers["HX-Current-URL"]
    say(f"{'move on the board':<38}{q(found, 50):>10.1f}{q(found, 95):>8.1f}{'':>20}{session.compressed / 1000:>8.1f}")


def memory() -> str:
    """Proportional set size of each process of `vunnet up`, from /proc (Linux only)."""
    import psutil

    parts = {}
    for process in psutil.process_iter(["cmdline"]):
        words = " ".join(process.info["cmdline"] or [])
        for name in ("web", "worker"):
            if f"vunnet {name}" in words or f"-m vunnet {name}" in words:
                parts[name] = parts.get(name, 0) + process.memory_full_info().pss / 2**20
    return ", ".join(f"{name} {size:.0f} MiB" for name, size in sorted(parts.items()))


def first_load(session: Session) -> None:
    """Bytes a browser with an empty cache receives for the board, compressed."""
    _status, body, _seconds = session.ask("/board/")
    page = session.compressed
    total, parts = 0, []
    for name in sorted(set(re.findall(rb'(?:src|href)="(/static/[^"#]+)', body))):
        connection = http.client.HTTPConnection("127.0.0.1", PORT)
        connection.request("GET", name.decode(), headers={"Accept-Encoding": "gzip"})
        size = len(connection.getresponse().read())
        total += size
        parts.append(f"{Path(name.decode().split('?')[0]).name} {size / 1000:.1f}")
    say(f"first load: page {page / 1000:.1f} kB + {total / 1000:.1f} kB ({', '.join(parts)}), gzip")


def q(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1] if len(values) > 1 else values[0]


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
