"""Words, prefixes, addresses and telephone numbers find their rows; the best few come first."""

from __future__ import annotations

from typing import Any

import pytest

from vunnet.contacts.actions import add_company, add_person
from vunnet.contacts.models import Person
from vunnet.deals.actions import lose_deal
from vunnet.deals.models import Deal
from vunnet.workspaces.search import POOL, best_found, fold, rows_found

ASE = {"first_name": "Åse", "last_name": "Bjørnsønn Nord-Odal", "email": "ase.b@fjordkraft.no", "phone": "+47 912 34 567", "title": "Daglig leder"}  # fmt: skip


@pytest.fixture
def person(house: Any) -> Person:
    return add_person(house.alice, house.workspace, **ASE)


@pytest.mark.parametrize(
    "words",
    ["åse", "ase", "AASE", "bjorn", "bjørnsønn", "bjoernsoenn", "odal", "nord-odal", "odal åse", "leder", "ase.b@fjord", "ase.b@fjordkraft.no",
     "fjordkraft", "fjordkraft.no", "@fjordkraft.no", "91234567", "912 34 567", "+47 912 34 567", "004791234567", "4791234567", "912",
     "912 34", "912 34 5", "91 23 4", "+47 9", "+47 912 34", "åse 912 34", "34567", "34567 åse", "345 67", "234567", "1234567"],
)  # fmt: skip
def test_a_person_is_found_by(person: Person, words: str) -> None:
    assert best_found(words, "person", 8) == [person.pk]
    assert list(Person.objects.filter(rows_found(words, "person"))) == [person]


@pytest.mark.parametrize(
    "words",
    [
        "",
        "  ",
        "-",
        "åsen",
        "se",
        "dal",
        "kari",
        "@",
        "  +",
        "åse kari",
        "kraft",
        "4567",
        "23456",
        "4568",
        "912 35",
        "1912",
        "\0",
    ],
)
def test_a_person_is_not_found_by(person: Person, words: str) -> None:
    assert best_found(words, "person", 8) == []
    assert not Person.objects.filter(rows_found(words, "person"))


@pytest.mark.parametrize(
    ("number", "home"),
    [("+358 40 1234567", "401234567"), ("+1 212 555 0100", "2125550100"), ("0046 8 123 456 78", "812345678"), ("22 33 44 55", "22334455")],
)  # fmt: skip
def test_a_number_is_found_without_its_country(house: Any, number: str, home: str) -> None:
    person = add_person(house.alice, house.workspace, first_name="Kari", phone=number)
    assert best_found(home, "person", 8) == [person.pk]


def test_other_words_after_a_change_and_none_of_another_workspace(house: Any, person: Person) -> None:
    from vunnet.contacts.actions import change_person
    from vunnet.workspaces import walls

    change_person(person, by=house.alice, last_name="Moe")
    assert best_found("bjørn", "person", 8) == []
    assert best_found("moe", "person", 8) == [person.pk]
    with walls.scope(workspace_id=house.other.pk):
        assert best_found("moe", "person", 8) == []


def test_whole_words_come_before_beginnings_and_new_rows_before_old(house: Any) -> None:
    names = ["Moen", "Moe", "Moestue", "Moe"]
    old_moen, old_moe, stue, new_moe = [
        add_person(house.alice, house.workspace, first_name="A", last_name=n).pk for n in names
    ]
    assert best_found("moe", "person", 8) == [new_moe, old_moe, stue, old_moen]
    assert best_found("moe", "person", 2) == [new_moe, old_moe]
    assert best_found("a moen", "person", 8) == [old_moen]


def test_a_search_has_at_most_six_words_and_a_pool() -> None:
    assert len(fold("a b c d e f g h")) == 6
    assert POOL >= 500


@pytest.fixture
def meieri(house: Any) -> Any:
    return add_company(house.alice, house.workspace, name="Horten Meieri AS", city="Horten")


def test_a_company_brings_its_deals_and_people_and_words_may_stand_on_either(house: Any, meieri: Any) -> None:
    kari = add_person(house.alice, house.workspace, first_name="Kari", last_name="Moe", company=meieri)
    add_person(house.alice, house.workspace, first_name="Per", last_name="Moe")
    deal = house.deal("Heat pump", company=meieri)
    house.deal("Heat pump")
    for words, table, model, row in (
        ("horten meieri", "deal", Deal, deal),
        ("meieri heat", "deal", Deal, deal),
        ("horten", "person", Person, kari),
        ("moe meieri", "person", Person, kari),
    ):
        assert best_found(words, table, 8, of_company=model) == [row.pk], words
        assert best_found(words, table, 8, model.objects.all(), of_company=model) == [row.pk], words
        assert best_found(words, table, 8, model.objects.none(), of_company=model) == [], words
        assert list(model.objects.filter(rows_found(words, table, model))) == [row], words
    assert best_found("meieri boiler", "deal", 8, of_company=Deal) == []


def _open(numbers: list[int]) -> list[int]:
    return list(Deal.objects.open().filter(pk__in=numbers).values_list("pk", flat=True))


def test_open_deals_come_first_then_own_words_then_the_companys(house: Any, meieri: Any) -> None:
    lost = house.deal("Horten, heat pump")
    open_old, open_new = house.deal("Boiler", company=meieri), house.deal("Horten, boiler")
    through = house.deal("Service", company=meieri)
    for deal in (lost,):
        lose_deal(deal, by=house.alice, note="Price")
    assert best_found("horten", "deal", 8, of_company=Deal, first=_open) == [
        open_new.pk, through.pk, open_old.pk, lost.pk,
    ]  # fmt: skip


def test_digits_side_by_side_may_be_words_of_their_own(house: Any) -> None:
    hall = add_company(house.alice, house.workspace, name="Hall 12 34")
    assert best_found("12 34", "company", 8) == [hall.pk]
    assert best_found("hall 12 34", "company", 8) == [hall.pk]


@pytest.mark.parametrize(
    "words",
    ["923609005", "923 609 005", "923 609", "923 6", "92360", "no923609005", "NO 923 609 005 MVA", "fjord 923609"],
)
def test_a_company_is_found_by_its_number(house: Any, words: str) -> None:
    fjord = add_company(house.alice, house.workspace, name="Fjord AS", company_number="NO 923 609 005 MVA")
    add_company(house.alice, house.workspace, name="Vidde AS", company_number="987 654 321")
    assert best_found(words, "company", 8) == [fjord.pk]
    assert list(type(fjord).objects.filter(rows_found(words, "company"))) == [fjord]
