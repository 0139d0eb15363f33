"""An amount's currency: read where it is written, refused where it cannot be meant, never turned into another without a word."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.web.test_pages import signed_in
from vunnet.deals.models import Deal
from vunnet.workspaces.currencies import set_rate


@pytest.fixture
def alice(house: Any) -> Client:
    for code in ("EUR", "SEK", "DKK"):
        set_rate(house.alice, code, date(2026, 1, 1), Decimal("11.5"))
    return signed_in("alice")


@pytest.mark.parametrize(
    ("typed", "amount", "currency"),
    [
        ("1000", 1000, "NOK"),
        ("1000 eur", 1000, "EUR"),
        ("€ 1,250.50", "1250.50", "EUR"),
        ("kr 500", 500, "NOK"),
        ("kr. 250", 250, "NOK"),
        ("SEK 45k", 45_000, "SEK"),
    ],
)
def test_a_new_deal_counts_in_what_was_written(house: Any, alice: Client, typed: str, amount: Any, currency: str) -> None:  # fmt: skip
    alice.post(f"/w/{house.workspace.slug}/deals/new/", {"name": "Heat pump", "amount": typed})
    deal = Deal.objects.get()
    assert (deal.amount, deal.currency) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("$ 300", "$ is no currency of this workspace"),
        ("300 chf", "CHF is no currency of this workspace"),
        ("1.234", "more than two decimals"),
        ("a lot", "is not an amount"),
        ("2 billion", "is not an amount"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_cure(house: Any, alice: Client, typed: str, said: str) -> None:
    answer = alice.post(f"/w/{house.workspace.slug}/deals/new/", {"name": "Heat pump", "amount": typed})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Deal.objects.exists()


def test_of_several_kroner_the_deals_own_are_meant_else_one_is_asked(house: Any, alice: Client) -> None:
    deal = house.deal(amount=Decimal(100))
    address = f"/w/{house.workspace.slug}/deals/{deal.pk}/change"
    alice.post(f"{address}/amount/", {"value": "250 sek"})
    deal.refresh_from_db()
    assert (deal.amount, deal.currency) == (250, "SEK")
    alice.post(f"{address}/amount/", {"value": "300 kr"})
    deal.refresh_from_db()
    assert (deal.amount, deal.currency) == (300, "SEK")
    alice.post(f"{address}/currency/", {"value": "EUR"})
    answer = alice.post(f"{address}/amount/", {"value": "300 kr"})
    assert "“kr” can mean NOK, SEK, DKK" in answer.content.decode()
    assert alice.post(f"{address}/currency/", {"value": ""}).status_code == 422
    deal.refresh_from_db()
    assert (deal.amount, deal.currency) == (300, "EUR")
    history = alice.get(f"/w/{house.workspace.slug}/deals/{deal.pk}/history/").content.decode()
    assert "Currency" in history


def test_a_cell_and_many_rows_keep_each_deals_currency(house: Any, alice: Client) -> None:
    deal = house.deal(amount=Decimal(100))
    cell = f"/w/{house.workspace.slug}/lists/deals/{deal.pk}/amount/"
    assert "This deal counts in NOK." in alice.post(cell, {"value": "300 eur"}).content.decode()
    assert alice.post(cell, {"value": "kr 300"}).status_code == 302
    many = {"row": [deal.pk], "verb": "change", "do": "1", "field": "amount", "value": "5 eur"}
    answer = alice.post(f"/w/{house.workspace.slug}/lists/deals/bulk/", many)
    assert "each deal keeps its own" in answer.content.decode()
    deal.refresh_from_db()
    assert (deal.amount, deal.currency) == (300, "NOK")
