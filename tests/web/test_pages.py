"""Every page opens for who may see it, says the same to everyone else, and changes nothing when it refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from tests.web.addresses import Rows, in_a_workspace, outside_one
from vunnet.workspaces import walls
from vunnet.workspaces.selecting import cursor

GETS = {405: "only accepts forms"}
# What an address needs beyond its path.
QUERIES = {
    "board_more": {"after": cursor([1, Decimal(1000)])},
    "board_more_by": {"by": "owner", "place": "1"},
    "board_since": {"position": "1"},
    "deal_earlier": {"before": "2026-01-01T00:00:00Z"},
}


@pytest.fixture
def rows(house: Any) -> Rows:
    return Rows(house)


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(
        get_user_model().objects.get(email=f"{name}@example.org"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    return client


def everything() -> dict[str, int]:
    """How many rows each table holds, in every workspace: read as the owner of nothing, room by room."""
    counts: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        tables = [
            name for (name,) in cursor.fetchall() if not name.startswith(("django_", "procrastinate_", "account_"))
        ]
        for table in tables:
            cursor.execute(
                f"SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" t"
            )
            counts[table] = cursor.fetchone()
    return counts


@pytest.mark.parametrize(("name", "route"), in_a_workspace(), ids=[name for name, _route in in_a_workspace()])
def test_a_member_opens_every_page(rows: Rows, name: str, route: str) -> None:
    response = signed_in("alice").get(
        rows.fill(route),
        QUERIES.get(name, {}),
    )
    is_shown = response.status_code in (200, 302, 405) or "HX-Refresh" in response
    assert is_shown, response.content.decode()[:2000]
    # What is not chosen is said in words, never by Django's dashes.
    assert b"-----" not in getattr(response, "content", b"")


@pytest.mark.parametrize("who", ["", "alice"])
def test_every_page_outside_a_workspace_looks_like_the_house(house: Any, who: str) -> None:
    """What django-allauth has beside the pages that are dressed here would be a bare page in nobody's language."""
    with walls.scope(workspace_id=house.workspace.pk):
        addresses = outside_one(house)
    for address in addresses:
        response = (signed_in(who) if who else Client()).get(address, follow=True)
        assert response.status_code == 200, address
        if response["Content-Type"].startswith("text/html"):
            page = response.content.decode()
            assert "/static/dist/app.css" in page, address
            assert "<h1" in page, address


@pytest.mark.parametrize(("name", "route"), in_a_workspace(), ids=[name for name, _route in in_a_workspace()])
def test_mallory_is_told_what_a_missing_page_is_told(rows: Rows, house: Any, name: str, route: str) -> None:
    mallory = signed_in("mallory")
    before = everything()
    for ask in (mallory.get, mallory.post):
        assert ask(rows.fill(route)).status_code == 404
    # The same rows, named from her own workspace.
    own = rows.fill(route).replace(rows.slug, house.other.slug, 1)
    if any(part in route for part in ("_id>",)):
        for ask in (mallory.get, mallory.post):
            assert ask(own).status_code in (404, 405), own
    assert everything() == before


@pytest.mark.parametrize(("name", "route"), in_a_workspace(), ids=[name for name, _route in in_a_workspace()])
def test_a_visitor_is_asked_to_sign_in(rows: Rows, name: str, route: str) -> None:
    response = Client().get(rows.fill(route))
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize(("name", "route"), in_a_workspace(), ids=[name for name, _route in in_a_workspace()])
def test_a_viewer_changes_nothing(rows: Rows, name: str, route: str) -> None:
    carol = signed_in("carol")
    if name in ("me", "go_to", "save_view", "my_notices", "notices"):
        return  # one's own: language, where one was last, a view for oneself
    before = everything()
    response = carol.post(
        rows.fill(route),
        {
            "name": "x",
            "value": "1",
            "to": rows.stage.pk,
            "body": "x",
            "due_on": "2027-01-01",
            "link": "1",
            "label": "x",
            "email": "x@example.org",
            "role": "rep",
            "kind": "text",
            "table": "deal",
            "first_name": "x",
        },
    )
    assert response.status_code in (200, 302, 403, 404, 405, 422)
    assert everything() == before


def test_every_answer_carries_the_strict_policy(rows: Rows) -> None:
    alice = signed_in("alice")
    for address in (f"/w/{rows.slug}/board/", "/nothing/here/", f"/w/{rows.slug}/deals/?owner__password=x"):
        policy = alice.get(address)["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy


@pytest.mark.parametrize(
    "query",
    [
        "owner__password__startswith=a",
        "_connector=OR",
        "sort=password",
        "sort=--amount",
        "owner=1e9",
        "state=x",
        "closes_from=10000-01-01",
        "amount_from=NaN",
        "after=xyz",
        "pipeline=99999999999999999999",
    ],
)
def test_what_is_not_on_the_allow_list_is_refused(rows: Rows, query: str) -> None:
    response = signed_in("alice").get(f"/w/{rows.slug}/deals/?{query}")
    assert response.status_code == 400


def test_the_board_asks_the_same_number_of_questions_for_3_and_30_deals(
    rows: Rows, house: Any, django_assert_num_queries: Any
) -> None:
    alice = signed_in("alice")
    for address in (
        f"/w/{rows.slug}/board/",
        f"/w/{rows.slug}/deals/",
        f"/w/{rows.slug}/companies/",
        f"/w/{rows.slug}/people/",
    ):
        alice.get(address)
        with CountQueries() as few:
            alice.get(address)
        with walls.scope(workspace_id=house.workspace.pk):
            for n in range(15):
                Rows_more(house, n)
        with CountQueries() as many:
            alice.get(address)
        assert few.count == many.count, address


def test_more_rows_than_were_counted_are_not_called_all_of_them(rows: Rows, house: Any, monkeypatch: Any) -> None:
    from vunnet.web.lists import rows as listed

    Rows_more(house, 1)
    monkeypatch.setattr(listed, "PAGE", 1)
    alice, address = signed_in("alice"), f"/w/{rows.slug}/companies/"
    assert "All 3 that match" in alice.get(address).text
    monkeypatch.setattr(listed, "MOST_COUNTED", 2)
    assert "All 2+ that match" in alice.get(address).text


def Rows_more(house: Any, n: int) -> None:
    from vunnet.contacts.actions import add_company, add_person

    company = add_company(house.alice, house.workspace, f"Company {n}")
    add_person(house.alice, house.workspace, first_name=f"Person {n}", company=company)
    house.deal(f"Deal {n}", company=company, by=house.bob)


class CountQueries:
    def __enter__(self) -> CountQueries:
        from django.test.utils import CaptureQueriesContext

        self.captured = CaptureQueriesContext(connection)
        self.captured.__enter__()
        return self

    def __exit__(self, *exception: Any) -> None:
        self.captured.__exit__(*exception)
        self.count = len(self.captured)
