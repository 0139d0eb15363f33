"""Twenty people move one deal at once: one succeeds, nineteen are told what happened, and the chain has no gap."""

from __future__ import annotations

import threading
from typing import Any

from django.db import connections

from tests.conftest import build_house
from vunnet.deals.actions import move_deal, win_deal
from vunnet.deals.models import Deal, Stage
from vunnet.journal.models import Entry
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces import walls

PEOPLE = 20


def test_twenty_at_once(committed: str) -> None:
    house = build_house()
    with walls.scope(workspace_id=house.workspace.pk):
        deal = house.deal()
        stages = list(Stage.objects.filter(pipeline=house.pipeline, kind="open").exclude(pk=deal.stage_id))
    told: list[str] = []
    done: list[Any] = []
    ready = threading.Barrier(PEOPLE)

    def move(n: int) -> None:
        ready.wait()
        try:
            with walls.scope(workspace_id=house.workspace.pk):
                to = stages[n % len(stages)]
                done.append(
                    move_deal(deal, to, by=house.bob, seen_link=1)
                    if n % 2
                    else win_deal(deal, by=house.bob, seen_link=1)
                )
        except RuleBroken as refusal:
            told.append(refusal.message)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=move, args=(n,)) for n in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1
    assert len(told) == PEOPLE - 1
    assert all("Bob Berg moved this deal to" in sentence for sentence in told)
    with walls.scope(workspace_id=house.workspace.pk):
        assert [c.link for c in Deal.objects.get().changes.all()] == [1, 2]
        assert Entry.objects.filter(table="deals_deal").count() == 2
