"""Each person's own formats on every page and in every form; and a closing date is the same day everywhere on earth."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils.translation import override

from vunnet.activities.actions import plan_step
from vunnet.deals.actions import win_deal
from vunnet.lib.errors import RuleBroken
from vunnet.web.templatetags import show
from vunnet.workspaces.actions import change_role, define_field
from vunnet.workspaces.oneself import set_formats

ENDS_OF_THE_EARTH = ("Pacific/Kiritimati", "Pacific/Pago_Pago")


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(user(name), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def user(name: str) -> Any:
    return get_user_model().objects.get(email=f"{name}@example.org")


@pytest.mark.parametrize("zone", ENDS_OF_THE_EARTH)
def test_a_closing_date_never_shifts(house: Any, zone: str) -> None:
    set_formats(user("alice"), time_zone=zone, day_format="dmy_dots")
    deal = house.deal()
    home = f"/w/{house.workspace.slug}/deals/{deal.pk}"
    assert signed_in("alice").post(f"{home}/change/expected_close_on/", {"value": "24.12.2027"}).status_code == 302
    deal.refresh_from_db()
    assert deal.expected_close_on == date(2027, 12, 24)
    for other in ENDS_OF_THE_EARTH:
        set_formats(user("bob"), time_zone=other, day_format="iso")
        assert "2027-12-24" in signed_in("bob").get(f"{home}/").content.decode()
        form = signed_in("bob").get(f"{home}/change/expected_close_on/").content.decode()
        assert 'value="2027-12-24"' in form


@pytest.mark.parametrize(
    ("numbers", "typed", "shown"),
    [
        ("space_comma", "1.234,5", "1\u202f234,50\u00a0kr"),
        ("comma_point", "1.234,5", "1,234.50\u00a0kr"),
        ("point_comma", "1.234", "1.234\u00a0kr"),
        ("comma_point", "1,234", "1,234\u00a0kr"),
    ],
)
def test_an_amount_is_read_and_shown_in_ones_own_marks(house: Any, numbers: str, typed: str, shown: str) -> None:
    set_formats(user("alice"), number_format=numbers)
    deal = house.deal(amount=Decimal(7))
    home = f"/w/{house.workspace.slug}/deals/{deal.pk}"
    assert signed_in("alice").post(f"{home}/change/amount/", {"value": typed}).status_code == 302
    assert shown in signed_in("alice").get(f"{home}/").content.decode()


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", ["640", "9\u202f870", "494\u00a0k", "9.9\u00a0m", "1.2\u00a0bn"]), ("nb", ["640", "9\u202f870", "494\u202f000", "9,9\u00a0mill.", "1,2\u00a0mrd."])],
)  # fmt: skip
def test_a_page_says_a_sum_in_the_words_of_the_charts(language: str, said: list[str]) -> None:
    with override(language):
        assert [show.short(value) for value in (640, 9_870, 494_300, Decimal("9874000.50"), 1.23e9)] == said
        assert [
            show.reader.language().short_money(value) for value in (640, 9_870, 494_300, 9_874_000.5, 1.23e9)
        ] == said


def test_money_by_its_code(house: Any) -> None:
    set_formats(user("alice"), currency_format="code")
    deal = house.deal(amount=Decimal(1240000))
    page = signed_in("alice").get(f"/w/{house.workspace.slug}/deals/{deal.pk}/").content.decode()
    assert "1\u202f240\u202f000\u00a0NOK" in page


def test_a_custom_number_keeps_its_decimals_through_an_edit(house: Any) -> None:
    define_field(house.alice, table="deal", label="Depth", kind="number")
    set_formats(user("alice"), language="nb")
    deal = house.deal()
    address = f"/w/{house.workspace.slug}/deals/{deal.pk}/change/x_depth/"
    for typed, kept in (("1.234,5", 1234.5), ("1,234", 1.234), ("45k", 45000)):
        assert signed_in("alice").post(address, {"value": typed}).status_code == 302
        deal.refresh_from_db()
        assert deal.custom["depth"] == kept
        form = signed_in("alice").get(address)
        assert signed_in("alice").post(address, {"value": form.context["form"]["value"].initial}).status_code == 302
        deal.refresh_from_db()
        assert deal.custom["depth"] == kept


def test_days_in_words_are_taken_where_a_step_is_planned(house: Any) -> None:
    deal = house.deal()
    address = f"/w/{house.workspace.slug}/deals/{deal.pk}/log/"
    for words in ("i morgen", "neste fredag", "+3d", "24/12"):
        assert (
            signed_in("alice").post(address, {"kind": "note", "next_step": words, "due_on": words}).status_code == 302
        )
    assert deal.activities.filter(due_at__isnull=False).count() == 4
    refused = signed_in("alice").post(address, {"kind": "note", "next_step": "x", "due_on": "someday"})
    assert refused.status_code == 422
    assert "24.12.2026" in refused.content.decode()


def test_ones_formats_are_chosen_in_my_settings_and_unknown_ones_refused(house: Any) -> None:
    chosen = {"name": "Carol Berg", "language": "nb", "time_zone": "Pacific/Kiritimati", "number_format": "point_comma", "day_format": "iso", "first_day": "sunday", "currency_format": "code"}  # fmt: skip
    address = f"/w/{house.workspace.slug}/me/"
    assert signed_in("carol").post(address, {"name": "Carol Berg", **chosen}).status_code == 302
    carol = user("carol")
    assert {name: getattr(carol, name) for name in chosen} == chosen
    assert signed_in("carol").post(address, {**chosen, "day_format": "ymd"}).status_code == 200
    with pytest.raises(RuleBroken, match="cannot be chosen"):
        set_formats(carol, time_zone="Mars/Base")
    change_role(house.carol, "rep", by=house.alice)
    assert user("carol").day_format == "iso"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("nb", ("5. jan. 2027", "26. nov.", "lørdag 28. november", "november", "ons. 2.", "mai")),
        ("en", ("5 Jan 2027", "26 Nov", "Saturday 28 November", "November", "Wed 2", "May")),
    ],
)
@time_machine.travel(datetime(2026, 11, 28, 12, tzinfo=UTC))
def test_a_day_is_written_as_its_language_writes_it(code: str, words: tuple[str, ...]) -> None:
    with override(code):
        assert words == (
            show.day(date(2027, 1, 5)),
            show.day(date(2026, 11, 26)),
            show.weekday(date(2026, 11, 28)),
            show.month(date(2026, 11, 1)),
            show.due_in(4, date(2026, 12, 2)),
            show.month(date(2026, 5, 1)),
        )


@time_machine.travel(datetime(2026, 11, 28, 12, tzinfo=UTC))
def test_a_closing_day_that_is_past_is_late_while_the_deal_is_open(house: Any) -> None:
    for day, is_late in ((date(2025, 1, 14), True), (date(2026, 11, 28), False)):
        deal = house.deal(expected_close_on=day)
        page = signed_in("alice").get(f"/w/{house.workspace.slug}/deals/{deal.pk}/").content.decode()
        assert ('<span class="text-lost">closes 14 Jan 2025</span>' in page) is is_late


def test_a_name_that_a_list_may_cut_off_is_its_title(house: Any) -> None:
    """Also in the heading of a group, beside the count."""
    long = "Hvalstad & Sønner Rørlegger- og Varmeteknikk"
    house.deal(long, owner=house.bob)
    house.deal("Hval")
    page = signed_in("alice").get(f"/w/{house.workspace.slug}/deals/?group=owner").content.decode()
    assert page.count('title="Hvalstad &amp; Sønner Rørlegger- og Varmeteknikk"') == 1
    assert 'title="Hval"' not in page
    assert re.search(r'<span class="truncate">Alice Berg</span> <span class="num">1', page)


@time_machine.travel(datetime(2026, 11, 28, 12, tzinfo=UTC))
@pytest.mark.parametrize(
    ("query", "heading"),
    [
        ("deals/?group=closes", "Desember 2026"),
        ("deals/?group=created", "November 2026"),
        ("deals/?state=won&group=closed", "November 2026"),
        ("activities/?group=due", "Desember 2026"),
    ],
)
def test_rows_by_month_say_the_month_and_how_many(house: Any, query: str, heading: str) -> None:
    set_formats(user("alice"), language="nb")
    deal = house.deal(expected_close_on=date(2026, 12, 1))
    plan_step(house.alice, house.workspace, "Ring", due_at=datetime(2026, 12, 2, 12, tzinfo=UTC), deal=deal)
    win_deal(house.deal("Hval"), by=house.alice)
    page = signed_in("alice").get(f"/w/{house.workspace.slug}/{query}").content.decode()
    assert re.search(rf'<span class="truncate">{heading}</span> <span class="num">1', page)
