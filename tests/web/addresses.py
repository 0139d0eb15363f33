"""Every address of the pages, filled with rows that exist: found from the URLconf, so that a new one is walked the day it is born."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

ROOM = "w/<slug:workspace>/"


def patterns(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """(whole pattern, its URLPattern) for every address."""
    for part in (resolver or get_resolver()).url_patterns:
        route = prefix + str(part.pattern)
        if isinstance(part, URLResolver):
            yield from patterns(part, route)
        else:
            yield route, part


def in_a_workspace() -> list[tuple[str, str]]:
    """(name, route) of every address of a workspace."""
    return sorted((part.name or route, route) for route, part in patterns() if route.startswith(ROOM))


def outside_one(house: Any) -> list[str]:
    """Every address outside a workspace, filled with what leads somewhere."""
    from allauth.account.forms import default_token_generator
    from allauth.account.utils import user_pk_to_url_str

    from vunnet.notices.letters import token_of
    from vunnet.workspaces.actions import make_setup_link
    from vunnet.workspaces.inviting import invite

    _invitation, invited = invite(house.alice, email="dina@example.org", role="rep")
    tokens = {"set_up": make_setup_link(sample_workspace=None), "join": invited, "mail_choices": token_of(house.bob)}
    bob = house.bob.user
    by_mail = f"accounts/password/reset/key/{user_pk_to_url_str(bob)}-{default_token_generator.make_token(bob)}/"
    found = []
    for route, part in patterns():
        if not route.startswith(ROOM):
            name = part.name or route
            filled = route.replace("<str:token>", tokens.get(name, "")).replace(
                "<int:workspace_id>", str(house.workspace.pk)
            )
            found.append("/" + (by_mail if name == "account_reset_password_from_key" else filled))
            assert "<" not in found[-1], f"tests/web/addresses.py does not know how to fill {route}"
    return sorted(set(found))


class Rows:
    """One row of every kind an address may name, in Alice's workspace."""

    def __init__(self, house: Any) -> None:
        from datetime import timedelta
        from io import BytesIO

        from django.utils import timezone

        from vunnet.activities.actions import log_activity, plan_step
        from vunnet.activities.attaching import attach_files
        from vunnet.contacts.actions import add_company, add_person
        from vunnet.deals.actions import add_person as add_deal_person
        from vunnet.deals.actions import set_lines
        from vunnet.deals.pipelines import find_or_add_product
        from vunnet.deals.removal import delete_deal
        from vunnet.imports.actions import upload
        from vunnet.lists.actions import save_view
        from vunnet.lists.bulk import begin_change
        from vunnet.notices.actions import give
        from vunnet.reports.actions import annotate
        from vunnet.workspaces.tags import find_or_make_tag

        room, alice = house.workspace, house.alice
        self.company = add_company(alice, room, "Solbakken borettslag", city="Bergen", phone="+47 55 00 00 00")
        self.person = add_person(
            alice, room, first_name="Åse", last_name="Moe", company=self.company, email="ase@solbakken.example"
        )
        self.deal = house.deal("Ground-source heat pump, 120 kW", company=self.company)
        self.step = plan_step(
            alice, room, "Call about the permit", due_at=timezone.now() + timedelta(days=1), deal=self.deal
        )
        log_activity(alice, room, "call", body="They compare two bids.", deal=self.deal, person=self.person)
        add_deal_person(self.deal, self.person, by=alice, role="decides")
        set_lines(self.deal, [(find_or_add_product(alice, room, "Borehole"), 4, 380_000)], by=alice)
        self.entry = log_activity(alice, room, "note", body="The board met.", deal=self.deal)
        self.file = attach_files(
            self.entry, [("offer.pdf", 5, BytesIO(b"offer"))], by=alice, limit=10_000, total=10_000
        )[0]
        self.others = {
            "companies": add_company(alice, room, "Solbakken AS", owner=alice),
            "people": add_person(alice, room, first_name="Åse", last_name="Lie", owner=alice),
        }
        self.gone = delete_deal(house.deal("A deal by mistake"), by=alice)
        self.run = upload(alice, [("people.csv", 30, BytesIO(b"Name,E-mail\nEva Dal,eva@dal.no\n"))], limit=10_000)
        self.member = house.bob
        self.view = save_view(alice, table="deals", name="Mine", query="owner=me")
        self.bulk = begin_change(alice, table="deals", numbers=[self.deal.pk], verb="change", field="amount", value="5")
        self.tag = find_or_make_tag(alice, "Fair")
        self.annotation = annotate(alice, timezone.localdate(), "A new price list")
        self.stage = house.stage("New prospect")
        self.notice = give(alice, "moved", "test", verb="deal.won", at=timezone.now(), by=house.bob, table="deals_deal", row_id=self.deal.pk)  # fmt: skip
        self.slug = room.slug

    def fill(self, route: str) -> str:
        """The route as an address, with these rows' numbers."""
        values = {
            "slug:workspace": self.slug, "int:deal_id": self.deal.pk, "int:stage_id": self.stage.pk, "int:company_id": self.company.pk,
            "int:person_id": self.person.pk, "int:step_id": self.step.pk, "int:member_id": self.member.pk, "int:import_id": self.run.pk,
            "int:view_id": self.view.pk, "int:notice_id": self.notice.pk, "int:bulk_id": self.bulk.pk,
            "int:pipeline_id": self.stage.pipeline_id, "slug:words": "reasons",
            "slug:field": "owner", "int:activity_id": self.entry.pk, "uuid:token": self.file.token, "slug:table": "deals", "int:row_id": self.deal.pk, "slug:sort": "deal", "int:gone_id": self.gone.pk, "int:annotation_id": self.annotation.pk, "str:kind": "won", "slug:room": "funnel", "slug:outcome": "created", "slug:key": "funnel-0", "slug:kind": "csv",
        }  # fmt: skip
        values["int:other_id"] = next((row.pk for folder, row in self.others.items() if f"/{folder}/" in route), 0)
        for key, value in values.items():
            route = route.replace(f"<{key}>", str(value))
        assert "<" not in route, f"tests/web/addresses.py does not know how to fill {route}"
        return "/" + route
