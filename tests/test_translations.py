"""Every text of the product has a Bokmål translation with the same placeholders; and the check sees what it should."""

from __future__ import annotations

from io import BytesIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract

from scripts import messages


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    """Red? Run `make messages` and fill what is empty in src/vunnet/locale."""
    assert messages.faults(messages.collected(), messages.translated(language)) == []


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_no_translation_is_left_over(language: str) -> None:
    wanted = {(message.context, message.id) for message in messages.collected()}
    found = {(message.context, message.id) for message in messages.translated(language)}
    assert found - wanted == set()


def _catalogue(*entries: tuple[object, object]) -> Catalog:
    catalogue = Catalog(locale="nb")
    for text, answer in entries:
        catalogue.add(text, answer)
    return catalogue


@pytest.mark.parametrize(
    ("text", "answer", "fault"),
    [
        ("Deals", "", "no translation"),
        ("Deals", None, "no translation"),
        (("%(n)s deal", "%(n)s deals"), ("%(n)s salg", ""), "no translation"),
        ("%(n)s of %(total)s", "%(n)s av", "other placeholders"),
        ("%s deals", "salg", "other placeholders"),
        ("Hello {name}", "Hei {navn}", "other placeholders"),
        ("<b>Won</b>", "Vunnet", "other placeholders"),
    ],
)
def test_a_fault_is_found(text: object, answer: object, fault: str) -> None:
    wanted = _catalogue((text, ""))
    found = _catalogue() if answer is None else _catalogue((text, answer))
    assert [line.split(":")[0].removesuffix(f" than {text!r}") for line in messages.faults(wanted, found)] == [fault]


def test_a_guess_is_found() -> None:
    found = _catalogue(("Deals", "Salg"))
    found["Deals"].flags.add("fuzzy")
    assert "marked as a guess" in messages.faults(_catalogue(("Deals", "")), found)[0]


def test_a_good_translation_is_none() -> None:
    pairs = [(("one deal", "%(n)s deals"), ("ett salg", "%(n)s salg")), ("{b} of {a}", "{a}: {b}"), ("100 %", "100 %")]
    wanted = _catalogue(*((text, "") for text, _ in pairs))
    assert messages.faults(wanted, _catalogue(*pairs)) == []


def test_texts_are_found_in_templates_however_they_stand() -> None:
    page = """
    {% load i18n %}
        <h1>{% translate "Deals" %}</h1>
      {{ _("Won") }} {% translate "May" context "month" %}
          {% blocktranslate count n=n %}one deal{% plural %}{{ n }} deals{% endblocktranslate %}
    {% blocktranslate trimmed %}
       Hello
       {{ name }}
    {% endblocktranslate %}
    """
    found = list(extract(messages.extract_template, BytesIO(page.encode()), keywords=messages.KEYWORDS))
    texts = [(text, context) for _, text, _, context in found]
    assert texts == [
        ("Deals", None),
        ("Won", None),
        ("May", "month"),
        (("one deal", "%(n)s deals"), None),
        ("Hello %(name)s", None),
    ]
