"""Each person's own formats on every page and in every form; and a closing date is the same day everywhere on earth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from vunnet.lib.errors import RuleBroken
from vunnet.workspaces.actions import change_role, define_field, set_formats

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
    chosen = {"language": "nb", "time_zone": "Pacific/Kiritimati", "number_format": "point_comma", "day_format": "iso", "first_day": "sunday", "currency_format": "code"}  # fmt: skip
    address = f"/w/{house.workspace.slug}/me/"
    assert signed_in("carol").post(address, chosen).status_code == 302
    carol = user("carol")
    assert {name: getattr(carol, name) for name in chosen} == chosen
    assert signed_in("carol").post(address, {**chosen, "day_format": "ymd"}).status_code == 200
    with pytest.raises(RuleBroken, match="cannot be chosen"):
        set_formats(carol, time_zone="Mars/Base")
    change_role(house.carol, "rep", by=house.alice)
    assert user("carol").day_format == "iso"
