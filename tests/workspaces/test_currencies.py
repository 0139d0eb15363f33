"""Sums over several currencies: apart without rates, in the workspace's own with them, the figures by the rate of the day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
import time_machine
from django.utils import timezone

from tests.web.test_pages import signed_in
from vunnet.analysis.answers import NotRecorded
from vunnet.analysis.question import Question
from vunnet.deals.actions import change_deal, lose_deal, win_deal
from vunnet.lib.errors import RuleBroken
from vunnet.lib.rates import Rates
from vunnet.reports import copy
from vunnet.reports.asking import ask
from vunnet.workspaces.currencies import drop_rate, rates_of, set_rate
from vunnet.workspaces.models import ExchangeRate, User

# Of what a deal of 100 € closed on each of these days is worth in kroner.
DAYS = {date(2026, 1, 10): 1000, date(2026, 2, 10): 1000, date(2026, 3, 10): 1200}


@pytest.fixture
def foreign(house: Any) -> Any:
    """Three deals in euros and one in kroner, won; one in euros open."""
    for day in DAYS:
        with time_machine.travel(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)):
            win_deal(house.deal(f"Won {day}", amount=Decimal(100), currency="EUR"), by=house.alice)
    with time_machine.travel(datetime(2026, 3, 11, 12, tzinfo=UTC)):
        win_deal(house.deal("Won here", amount=Decimal(50)), by=house.alice)
        house.deal("Open", amount=Decimal(10), currency="EUR")
    return house


def rated(house: Any) -> None:
    set_rate(house.alice, "eur", date(2026, 2, 1), Decimal(10))
    set_rate(house.alice, "EUR", date(2026, 3, 1), Decimal(12))
    set_rate(house.alice, "EUR", date(2026, 3, 20), Decimal("12.5"))


def won_value(house: Any) -> Any:
    return ask(house.workspace.pk, Question(date(2026, 4, 1), "Europe/Oslo")).won.value


def amounts(house: Any, table: str) -> list[Decimal]:
    return sorted(
        amount for amount in pq.read_table(copy.fresh(house.workspace.pk).file(table))["amount"].to_pylist() if amount
    )


def test_a_sum_is_made_only_where_every_rate_is_known() -> None:
    assert Rates("NOK").total([]) is not None
    from vunnet.lib.money import Money

    some = [Money(Decimal(2), "EUR"), Money(Decimal(3), "SEK")]
    assert Rates("NOK", {"EUR": (Decimal(10), date(2026, 1, 1))}).total(some) is None


def test_figures_count_in_ones_own_currency_by_the_rate_of_the_day(foreign: Any) -> None:
    assert isinstance(won_value(foreign), NotRecorded)
    rated(foreign)
    # Before the first day said, the first rate holds; the open one counts by the latest.
    assert won_value(foreign) == sum(DAYS.values()) + 50
    assert amounts(foreign, "deals") == [50, 125, 1000, 1000, 1200]
    assert set(pq.read_table(copy.fresh(foreign.workspace.pk).file("deals"))["currency"].to_pylist()) == {"NOK"}
    assert set(amounts(foreign, "visits")) == {50, 125, 1000, 1200}
    set_rate(foreign.alice, "EUR", date(2026, 3, 1), Decimal(13))
    assert won_value(foreign) == 1000 + 1000 + 1300 + 50
    for row in ExchangeRate.objects.all():
        drop_rate(row, by=foreign.alice)
    assert isinstance(won_value(foreign), NotRecorded)


def test_a_currency_without_a_rate_stays_apart(foreign: Any) -> None:
    rated(foreign)
    win_deal(foreign.deal("In dollars", amount=Decimal(7), currency="USD"), by=foreign.alice)
    assert "EUR" not in str(won_value(foreign))
    assert "NOK, USD" in str(
        ask(
            foreign.workspace.pk, Question(timezone.localdate(timezone=ZoneInfo("Europe/Oslo")), "Europe/Oslo")
        ).won.value
    )


def test_a_deal_that_changes_is_converted_again_with_the_others_as_they_were(foreign: Any) -> None:
    rated(foreign)
    won_value(foreign)
    from vunnet.deals.models import Deal

    change_deal(Deal.objects.get(name="Open"), by=foreign.alice, amount=Decimal(20))
    assert amounts(foreign, "deals") == [50, 250, 1000, 1000, 1200]


def test_sums_on_pages_say_about_how_much_and_by_which_rates(foreign: Any) -> None:
    foreign.deal("Here", amount=Decimal(1000))
    alice, home = signed_in("alice"), f"/w/{foreign.workspace.slug}/"
    apart = alice.get(f"{home}deals/?state=open").text
    assert "1\u202f000\u00a0kr + 10\u00a0€" in apart
    rated(foreign)
    together = alice.get(f"{home}deals/?state=open").text
    assert "≈\u00a01\u202f125\u00a0kr" in together
    assert "(1\u00a0€ = 12.50\u00a0kr, 20 Mar 2026)" in together
    for page in ("board/", "today/", "insight/?period=all", "deals/?state=won"):
        assert alice.get(home + page).status_code == 200, page
    assert "Amounts in EUR are counted in NOK" in alice.get(f"{home}insight/?period=all").text


def test_a_size_in_converted_amounts_leads_nowhere_rather_than_to_other_rows(house: Any) -> None:
    for n in range(40):
        deal = house.deal(f"Deal {n}", amount=Decimal(100 + n), currency="EUR" if n % 2 else "NOK")
        win_deal(deal, by=house.alice) if n % 3 else lose_deal(deal, by=house.alice, note="Too dear")
    set_rate(house.alice, "EUR", date(2026, 2, 1), Decimal(10))
    page = signed_in("alice").get(f"/w/{house.workspace.slug}/insight/won/?period=all").text
    assert "Size" in page
    assert "amount_to=" not in page
    ExchangeRate.objects.all().delete()
    from vunnet.deals.models import Deal

    Deal.objects.update(currency="NOK")
    page = signed_in("alice").get(f"/w/{house.workspace.slug}/insight/won/?period=all&split=size").text
    assert "amount_to=" in page


def test_one_currency_is_said_as_it_is(house: Any) -> None:
    house.deal("Here", amount=Decimal(1000))
    set_rate(house.alice, "EUR", timezone.localdate(), Decimal(11))
    page = signed_in("alice").get(f"/w/{house.workspace.slug}/deals/").text
    assert "≈" not in page


@pytest.mark.parametrize(
    ("currency", "days", "rate"),
    [("EURO", 0, "11"), ("E1R", 0, "11"), ("NOK", 0, "11"), ("EUR", 1, "11"), ("EUR", 0, "0"), ("EUR", 0, "-1"), ("EUR", 0, "1000001"), ("EUR", 0, "0.00000000001")],
)  # fmt: skip
def test_what_is_no_rate_is_refused(house: Any, currency: str, days: int, rate: str) -> None:
    today = timezone.now().astimezone(house.workspace.zone).date()
    with pytest.raises(RuleBroken):
        set_rate(house.alice, currency, today + timedelta(days=days), Decimal(rate))
    assert rates_of(house.workspace).of == {}


def test_only_administrators_say_rates_on_their_page(foreign: Any) -> None:
    address = f"/w/{foreign.workspace.slug}/settings/currencies/"
    given = {"do": "add", "currency": "EUR", "rate": "11,62", "on": "2026-03-01"}
    assert signed_in("bob").post(address, given).status_code == 422
    assert ExchangeRate.objects.count() == 0
    alice = signed_in("alice")
    assert "Deals are also in EUR." in alice.get(address).text
    assert alice.post(address, given).status_code == 302
    page = alice.get(address).text
    assert "1&nbsp;EUR = 11.62&nbsp;NOK" in page
    assert "Deals are also" not in page
    refused = alice.post(address, given | {"rate": "much"})
    assert (refused.status_code, "is not a rate" in refused.text) == (422, True)
    row = ExchangeRate.objects.get()
    assert alice.post(address, {"do": "drop", "row": row.pk}).status_code == 302
    assert ExchangeRate.objects.count() == 0


def test_lost_amounts_count_the_same_way(foreign: Any) -> None:
    rated(foreign)
    with time_machine.travel(datetime(2026, 3, 12, 12, tzinfo=UTC)):
        lose_deal(foreign.deal("Lost", amount=Decimal(5), currency="EUR"), by=foreign.alice, note="Too dear")
    assert Decimal(60) in amounts(foreign, "deals")


def test_an_amount_too_large_in_ones_own_currency_is_left_out_and_nothing_breaks(foreign: Any) -> None:
    set_rate(foreign.alice, "EUR", date(2026, 2, 1), Decimal(1_000_000))
    foreign.deal("Largest", amount=Decimal("9999999999999999.99"), currency="EUR")
    assert max(amounts(foreign, "deals")) == 100 * 1_000_000
    assert signed_in("alice").get(f"/w/{foreign.workspace.slug}/insight/?period=all").status_code == 200


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("11.62", "11.62"),
        ("11,625", "11.625"),
        ("0,089", "0.089"),
        ("0.089", "0.089"),
        ("1 234,5", "1234.5"),
        ("11", "11"),
    ],
)
@pytest.mark.parametrize("formats", ["space_point", "space_comma"])
def test_three_decimals_of_a_rate_are_no_thousands(house: Any, text: str, rate: str, formats: str) -> None:
    User.objects.filter(pk=house.alice.user_id).update(number_format=formats)
    given = {"do": "add", "currency": "EUR", "rate": text, "on": "2026-03-01"}
    assert signed_in("alice").post(f"/w/{house.workspace.slug}/settings/currencies/", given).status_code == 302
    assert ExchangeRate.objects.get().rate == Decimal(rate)


@pytest.mark.parametrize("text", ["1.234,5", "45k", "-1", "1,2,3", "", "€11"])
def test_what_could_be_another_rate_is_refused(house: Any, text: str) -> None:
    given = {"do": "add", "currency": "EUR", "rate": text, "on": "2026-03-01"}
    assert signed_in("alice").post(f"/w/{house.workspace.slug}/settings/currencies/", given).status_code == 422
    assert ExchangeRate.objects.count() == 0


def test_where_all_deals_are_in_ones_own_currency_a_rate_changes_no_page(house: Any) -> None:
    for n in range(20):
        win_deal(house.deal(f"Deal {n}", amount=Decimal(100 + n)), by=house.alice)
    set_rate(house.alice, "EUR", date(2026, 2, 1), Decimal(10))
    page = signed_in("alice").get(f"/w/{house.workspace.slug}/insight/won/?period=all").text
    assert "amount_to=" in page
    assert "are counted in NOK" not in page
