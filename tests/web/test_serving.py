"""How pages and files leave the house: compressed, for this host only, over a database connection as protected as asked."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from django.test import Client

from tests.web.test_pages import signed_in
from vunnet import settings

FIRST_LOAD, NAVIGATION = 70_000, 30_000


def test_a_page_is_compressed(house: Any) -> None:
    house.deal()
    answer = signed_in("alice").get(f"/w/{house.workspace.slug}/board/", headers={"accept-encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content).startswith(b"<!doctype html>")


def test_files_are_compressed_kept_and_for_this_host_only() -> None:
    answer = Client().get("/static/dist/app.css", headers={"accept-encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert "max-age=31536000" in answer["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in answer


def test_the_board_is_light(house: Any) -> None:
    """The page with fifty cards a column, and at a first visit all it shows itself with (dragging's library follows later)."""
    for stage in house.pipeline.stages.filter(kind="open"):
        for n in range(50):
            house.deal(f"Ground-source heat pump number {n}", stage=stage, amount=None)
    client = signed_in("alice")
    page = client.get(f"/w/{house.workspace.slug}/board/", headers={"accept-encoding": "gzip"})
    assert len(page.content) < NAVIGATION
    named = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', gzip.decompress(page.content).decode()))
    files = [client.get(name, headers={"accept-encoding": "gzip"}) for name in named]
    assert len(files) > 8
    assert len(page.content) + sum(len(b"".join(file.streaming_content)) for file in files) < FIRST_LOAD


def test_the_addresss_protection_reaches_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql://me:secret@db.example:6432/crm?sslmode=verify-full&sslrootcert=/etc/ca.pem&connect_timeout=5"
    monkeypatch.setenv("DATABASE_URL", address)
    made = settings._database()
    assert made["OPTIONS"]["sslmode"] == "verify-full"
    assert made["OPTIONS"]["sslrootcert"] == "/etc/ca.pem"
    assert made["OPTIONS"]["connect_timeout"] == "5"
    assert (made["NAME"], made["HOST"], made["PORT"]) == ("crm", "db.example", "6432")
    assert "-c role=" in made["OPTIONS"]["options"]
