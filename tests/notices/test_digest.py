"""The week in pictures: once a member and week, on their own Monday morning, of what they see, as Insight says it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core import mail as post
from django.test import Client
from django.utils import timezone

from tests.conftest import House, build_house
from tests.imports.test_choosing import chosen_import, done
from vunnet.deals.actions import lose_deal, win_deal
from vunnet.jobs.notices import begin_weekly_digests
from vunnet.notices import mailing
from vunnet.notices.actions import choose
from vunnet.notices.digest import begin_digests, digest_letter, week_before, week_of
from vunnet.notices.letters import speaking_to
from vunnet.notices.models import Digest, Mail
from vunnet.notices.mornings import zone_of
from vunnet.reports import usual
from vunnet.reports.models import Kept
from vunnet.workspaces import actions, oneself, walls
from vunnet.workspaces.models import Sees

# A Monday, and the Wednesday of the week before.
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
WEDNESDAY = datetime(2026, 11, 18, 12, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n"


def wants(member: Any) -> None:
    choose(member, {"digest": (False, True)})


def fill(house: House) -> None:
    """Last week: one of Alice's won, one of Bob's lost; more before it, so that there is something to draw."""
    with time_machine.travel(WEDNESDAY - timedelta(days=60), tick=True):
        early = [house.deal(f"Early {n}", by=house.bob, amount=Decimal(1000 * (n + 1))) for n in range(14)]
    with time_machine.travel(WEDNESDAY - timedelta(days=30), tick=True):
        for n, deal in enumerate(early):
            win_deal(deal, by=house.bob) if n % 2 else lose_deal(deal, by=house.bob, note="price")
    with time_machine.travel(WEDNESDAY, tick=True):
        won, lost = house.deal("Alice's won", amount=Decimal(5000)), house.deal("Bob's lost", by=house.bob)
    with time_machine.travel(WEDNESDAY + timedelta(hours=1), tick=True):
        win_deal(won, by=house.alice)
        lose_deal(lost, by=house.bob, note="price")


@pytest.mark.parametrize(
    ("zone", "at", "is_theirs"),
    [
        ("UTC", MONDAY, True),
        ("UTC", MONDAY - timedelta(hours=2), False),
        ("UTC", MONDAY + timedelta(days=1), False),
        ("Pacific/Kiritimati", datetime(2026, 11, 22, 18, tzinfo=UTC), True),
        ("Pacific/Kiritimati", MONDAY, False),
        ("Pacific/Pago_Pago", datetime(2026, 11, 23, 19, tzinfo=UTC), True),
        ("Pacific/Pago_Pago", MONDAY, False),
    ],
)
def test_it_comes_once_on_ones_own_monday_morning(house: Any, zone: str, at: datetime, is_theirs: bool) -> None:
    wants(house.bob)
    oneself.set_formats(house.bob.user, time_zone=zone)
    made = [begin_digests(at + timedelta(minutes=minutes)) for minutes in (0, 15, 30)]
    assert made == ([1, 0, 0] if is_theirs else [0, 0, 0])
    if is_theirs:
        assert Digest.objects.get().week == date(2026, 11, 16)


def test_nobody_gets_it_who_did_not_ask_nor_without_mail(house: Any, settings: Any) -> None:
    assert begin_digests(MONDAY) == 0
    wants(house.bob)
    settings.MAIL_IS_SET = False
    assert begin_digests(MONDAY) == 0


def test_the_week_is_that_of_the_readers_zone(house: Any) -> None:
    """23:30 UTC on Sunday is Monday of the next week on Kiritimati, and still Sunday in Pago Pago."""
    with time_machine.travel(datetime(2026, 11, 15, 23, 0, tzinfo=UTC), tick=True):
        deal = house.deal("At the edge")
    with time_machine.travel(datetime(2026, 11, 15, 23, 30, tzinfo=UTC), tick=True):
        win_deal(deal, by=house.alice)
    for zone, won in (("Pacific/Kiritimati", 1), ("Pacific/Pago_Pago", 0)):
        oneself.set_formats(house.alice.user, time_zone=zone)
        assert week_of(house.alice, date(2026, 11, 16)).won.count == won


def test_each_reads_of_what_they_see(house: Any) -> None:
    fill(house)
    actions.place(house.bob, by=house.alice, team=None, sees=Sees.OWN)
    alice, bob = (week_of(member, date(2026, 11, 16)) for member in (house.alice, house.bob))
    assert (alice.won.count, alice.lost.count, alice.opened.count) == (1, 1, 2)
    assert (bob.won.count, bob.lost.count, bob.opened.count) == (0, 1, 1)
    titles = [[one.figure.title if one.figure else one.why_not for one in week.pictures] for week in (alice, bob)]
    assert [len(names) for names in titles] == [3, 3]
    assert titles[0] != titles[1]


def test_a_deal_that_came_in_closed_was_opened_nobody_knows_when(house: Any) -> None:
    """Neither a file's rows without a day of opening nor those without any day count in the week of the import."""
    today = timezone.now().astimezone(zone_of(house.alice)).date()
    rows = (
        f"Navn;Firma;Trinn;Opprettet;Lukket\nTak;Nord;Lost;;\nDør;Nord;Won;;{today:%d.%m.%Y}\nGulv;Nord;Contacted;;\n"
    )
    done(house, chosen_import(house, rows))
    week = week_of(house.alice, today - timedelta(days=today.weekday()))
    assert (week.won.count, week.lost.count, week.opened.count) == (1, 0, 1)
    assert [deal.name for deal in week.opened.first] == ["Gulv"]


def test_the_mail_has_the_pictures_and_sentences_inside_it(committed: str) -> None:
    house = build_house()
    with walls.scope(workspace_id=house.workspace.pk):
        fill(house)
        wants(house.alice)
    post.outbox = []
    with time_machine.travel(MONDAY, tick=True):
        for _again in range(3):
            begin_weekly_digests(0)
            mailing.send_waiting(house.workspace.pk)
        with walls.scope(workspace_id=house.workspace.pk), speaking_to(house.alice):
            week = week_of(house.alice, date(2026, 11, 16))
            mail = Mail.objects.get()
    (sent,) = post.outbox
    html = sent.alternatives[0][0]
    shown = [one for one in week.pictures if one.figure]
    assert shown
    for one in shown:
        assert one.figure
        assert one.figure.sentence in sent.body
        assert f"cid:{one.key}.{mail.pk}@vunnet" in html
    images = [part for part in sent.message().walk() if part.get_content_type() == "image/png"]
    assert [part["Content-ID"] for part in images] == [f"<{one.key}.{mail.pk}@vunnet>" for one in shown]
    assert all(part.get_payload(decode=True).startswith(PNG) for part in images)
    assert sent.message().get_content_type() == "multipart/related"
    assert "Alice&#x27;s won" in html


def test_an_empty_week_says_so(house: Any) -> None:
    week = week_of(house.alice, week_before(house.alice, timezone.now()))
    assert (week.is_empty, week.pictures) == (True, [])
    client = Client()
    client.force_login(house.alice.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/w/{house.workspace.slug}/digest/").content.decode()
    assert "Nothing was won, lost or opened" in page


def test_the_preview_shows_what_insight_shows(house: Any) -> None:
    fill(house)
    client = Client()
    client.force_login(house.alice.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    with time_machine.travel(MONDAY, tick=True):
        page = client.get(f"/w/{house.workspace.slug}/digest/").content.decode()
        insight = client.get(f"/w/{house.workspace.slug}/insight/").context["figures"]
    assert page.count("<svg") > 3
    funnel = next(one.figure for one in insight if one.key == "funnel-0")
    assert funnel.title in page.replace("&#x27;", "'")


def test_more_quiet_deals_than_it_shows_are_linked(house: Any) -> None:
    stage = house.deal().stage
    Kept.objects.create(
        workspace=house.workspace,
        name=usual.NAME,
        body={"median_days": {}, "stale_after": {str(stage.pk): 3}},
        computed_at=timezone.now(),
    )
    wants(house.alice)
    client = Client()
    client.force_login(house.alice.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    address = f"/w/{house.workspace.slug}/deals/?stale=yes"
    for more, is_linked in ((5, False), (1, True)):
        with time_machine.travel(WEDNESDAY - timedelta(days=60), tick=True):
            for n in range(more):
                house.deal(f"Quiet {n}")
        with time_machine.travel(MONDAY, tick=True):
            page = client.get(f"/w/{house.workspace.slug}/digest/").content.decode()
            begin_digests(MONDAY)
            letter = digest_letter(Mail.objects.get(), house.alice)
        assert page.count("Quiet ") >= 5
        assert letter is not None
        texts = (page, str(letter.body), str(letter.alternatives[0][0]))
        assert [address in text for text in texts] == [is_linked] * 3
    with time_machine.travel(MONDAY, tick=True):
        assert len(re.findall(r'<tr id="row-', client.get(address).content.decode())) == 6
