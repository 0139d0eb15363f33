"""What the CRM's bench does: every page it asks for, and the two large jobs of the worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any


def bulk_edit(room: Any, rows: int = 10_000) -> str:
    """Ten thousand deals reassigned and given back, as the worker does it."""
    from vunnet.deals.models import Deal
    from vunnet.lists.bulk import begin_change, begin_undo, do_piece, undo_piece
    from vunnet.workspaces import walls
    from vunnet.workspaces.models import Member

    def whole(piece: Callable[[], bool]) -> None:
        left = True
        while left:
            with walls.scope(workspace_id=room.pk):
                left = piece()

    with walls.scope(workspace_id=room.pk):
        me, other = Member.objects.get(user__isnull=False), Member.objects.filter(user__isnull=True).first()
        numbers = list(Deal.objects.order_by("pk").values_list("pk", flat=True)[:rows])
        change = begin_change(
            me, table="deals", numbers=numbers, verb="change", field="owner", value=other.pk, words=other.name
        )
    started = time.perf_counter()
    whole(lambda: do_piece(change))
    done = time.perf_counter() - started
    with walls.scope(workspace_id=room.pk):
        begin_undo(change, by=me)
    whole(lambda: undo_piece(change, by=me))
    return f"bulk edit of {len(numbers):,} deals: {done:.1f} s, undone in {time.perf_counter() - started - done:.1f} s"


def import_file(room: Any, rows: int = 100_000) -> str:
    """A spreadsheet of people, tried and carried out as the wizard does it, and undone."""
    import io

    from vunnet.imports import actions, choosing, undoing
    from vunnet.workspaces import walls
    from vunnet.workspaces.models import Member

    lines = "".join(
        f"Åse Nummer{n};ny{n}@firma{n % 5000}.no;+47 {40000000 + n};Firma {n % 5000}\n" for n in range(rows)
    )
    body = ("Navn;E-post;Mobil;Firma\n" + lines).encode("cp1252")
    with walls.scope(workspace_id=room.pk):
        me = Member.objects.select_related("workspace").get(user__isnull=False)
        run = actions.upload(me, [("folk.csv", len(body), io.BytesIO(body))], limit=10**9)
        with choosing.only_file(run) as path:
            run = choosing.choose(run, path, choosing.suggested(run, path), by=me)
            started = time.perf_counter()
            choosing.check(run, path)
            tried = time.perf_counter() - started
        actions.start(run, by=me)
    started = time.perf_counter()
    actions.carry_out(run.pk, room.pk)
    done = time.perf_counter() - started
    with walls.scope(workspace_id=room.pk):
        undoing.begin(run, by=me)
        started = time.perf_counter()
        undoing.undo(run, by=me)
        return f"import of {rows:,} people from a spreadsheet: tried in {tried:.1f} s, carried out in {done:.1f} s, undone in {time.perf_counter() - started:.1f} s"


def _get(path: str, n: int) -> tuple[str, str | None]:
    return path, None


def pages(rows: dict[str, int]) -> dict[str, Callable[[int], tuple[str, str | None]]]:
    """Every page by name: request number → (path, body to post)."""
    words = ("solb", "fana", "%C3%A5se", "voss+hot", "moe")
    plain = {
        "today": "/today/", "board": "/board/", "board, lanes by owner": "/board/?lanes=owner",
        "list, first page": f"/deals/?stage={rows['stage']}&sort=-amount", "list, grouped": "/deals/?group=owner",
        "companies": "/companies/", "people": "/people/", "activities": "/activities/", "deal page": f"/deals/{rows['deal']}/",
        "timeline, calls only": f"/deals/{rows['deal']}/?kind=call", "company page": f"/companies/{rows['company']}/", "person page": f"/people/{rows['person']}/",
        "notices": "/notices/", "deleted": "/deleted/", "settings": "/settings/", "pipelines": "/settings/pipelines/", "imports": "/imports/",
        "insight, again": "/insight/", "closed won, again": "/insight/won/", "signals, again": "/insight/signals/",
        "what goes with winning, again": "/insight/winning/", "forecast, again": "/insight/forecast/",
    }  # fmt: skip
    jobs: dict[str, Callable[[int], tuple[str, str | None]]] = {
        name: partial(_get, path) for name, path in plain.items()
    }
    jobs["search"] = lambda n: (f"/search/?q={words[n % 5]}", None)
    jobs["palette"] = lambda n: (f"/palette/?q={words[n % 5]}", None)
    return jobs
