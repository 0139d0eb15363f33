"""A real browser against the real application: pages served from this process, on a database of each test's own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from scripts import browser as browsers
from tests.conftest import House, build_house
from tests.e2e.keyboard import Keyboard, set_up

# Playwright runs an event loop in this thread; what the tests ask of the database stays as synchronous as it looks.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SIZES: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium; the tests never skip for want of one."""
    path = browsers.find()
    if path is None:
        pytest.fail(
            "no Chromium for the browser tests: `python scripts/browser.py` provides one, CHROMIUM names another"
        )
    return {**browser_type_launch_args, "executable_path": path, "args": FLAGS}


@pytest.fixture(scope="session")
def address(postgres: Any) -> Iterator[str]:
    """Where the pages are served, by threads of this process."""
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    from vunnet.wsgi import application

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def patience() -> None:
    """The pages wait as they do at work: their threads see what a test has committed."""


@dataclass
class Guard:
    """What a page must never do: complain in the console, break its policy, fail, or ask anyone but its own host."""

    host: str
    allowed: list[str] = field(default_factory=lambda: ["Service Worker registration blocked by Playwright"])
    faults: list[str] = field(default_factory=list)

    def allow(self, *parts: str) -> None:
        """What a test provokes on purpose, such as an answer of 422."""
        self.allowed += parts

    def watch(self, context: BrowserContext) -> Page:
        """A page of this window; whatever else opens in it is watched too, and what its service worker asks for."""
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        context.on("request", self._asked)
        return context.new_page()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.host:
            self.faults.append(f"request to another host: {request.url}")

    def check(self) -> None:
        left = [fault for fault in self.faults if not any(part in fault for part in self.allowed)]
        assert left == []


@pytest.fixture
def guard(address: str) -> Iterator[Guard]:
    watching = Guard(urlsplit(address).netloc)
    yield watching
    watching.check()


@dataclass
class Place:
    """Alice's workspace as tests see it: its rows, its pages, and who looks at them."""

    house: House
    address: str
    browser: Browser
    guard: Guard
    contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def home(self) -> str:
        return f"{self.address}/w/{self.house.workspace.slug}"

    def room(self) -> AbstractContextManager[None]:
        """The workspace's scope, for what a test does or reads without a browser."""
        from vunnet.workspaces import walls

        return walls.scope(workspace_id=self.house.workspace.pk)

    def today(self) -> date:
        """The day it is in the workspace; the machine's clock may be an hour or two behind it."""
        return timezone.localdate(timezone=self.house.workspace.zone)

    def page(self, who: str = "alice", size: str = "desk", **options: Any) -> Page:
        """A window of somebody who is signed in. Without a service worker: what it fetches would outlive the test."""
        options.setdefault("service_workers", "block")
        context = self.browser.new_context(base_url=self.address, **SIZES[size], **{"locale": "en-GB", **options})
        if who:
            context.add_cookies([{"name": "vunnet", "value": session_of(who), "url": self.address}])
        self.contexts.append(context)
        context.set_default_timeout(10_000)
        return self.guard.watch(context)

    def deal(self, name: str, stage: str = "New prospect", **fields: Any) -> Any:
        """A deal, opened through the action, in a stage."""
        amount = fields.pop("amount", None)
        with self.room():
            money = None if amount is None else Decimal(amount)
            return self.house.deal(name, stage=self.house.stage(stage), amount=money, **fields)

    def fill_a_year(self) -> None:
        """Forty deals of two sellers over eight months, won and lost in turn: something to draw in every room."""
        from vunnet.deals.actions import lose_deal, win_deal

        now = timezone.now()
        for n in range(40):
            opened = now - timedelta(days=250 - 6 * n)
            by = self.house.bob if n % 2 else self.house.alice
            with time_machine.travel(opened, tick=True):
                deal = self.deal(f"A deal of many words {n}", amount=10_000 + 100 * n, by=by)
            with self.room(), time_machine.travel(opened + timedelta(days=4 + n % 9), tick=True):
                win_deal(deal, by=by) if n % 3 else lose_deal(deal, by=by, note="Too dear")

    def stage_of(self, deal: Any) -> str:
        with self.room():
            deal.refresh_from_db()
            return str(deal.stage.name)


def session_of(name: str) -> str:
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    user = get_user_model().objects.get(email=f"{name}@example.org")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client.cookies["vunnet"].value


@pytest.fixture
def place(committed: str, address: str, browser: Browser, guard: Guard) -> Iterator[Place]:
    """The four people and their workspaces, committed, with pages to look at them."""
    made = Place(build_house(), address, browser, guard)
    yield made
    for context in made.contexts:
        context.close()


@pytest.fixture
def person(place: Place) -> Callable[..., Page]:
    return place.page


@pytest.fixture(params=[("desk", "en"), ("phone", "en"), ("desk", "nb"), ("phone", "nb")], ids="-".join)
def hands(place: Place, request: Any) -> tuple[Keyboard, str]:
    """Somebody at a keyboard who has just signed up by the set-up link; and their workspace's address."""
    size, language = request.param
    locale = {"en": "en-GB", "nb": "nb-NO"}[language]
    hand = Keyboard(place.page("", size, locale=locale), language)
    return hand, set_up(hand)
