"""Which companies and people may be one and the same: by address, number and the words of their names. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vunnet.contacts.models import Company, Person
from vunnet.workspaces.models import Member
from vunnet.workspaces.search import at_home, fold, rows_holding

MOST = 5
POOL = 50
LOOKED_AT = 500
SHORTEST_REGISTER_NUMBER = 5
# What a company's name may end with without being another company.
LEGAL_FORMS = frozenset(
    [
        "as",
        "asa",
        "ans",
        "da",
        "enk",
        "sa",
        "ba",
        "ks",
        "nuf",
        "ab",
        "oy",
        "oyj",
        "aps",
        "ltd",
        "llc",
        "inc",
        "plc",
        "co",
        "corp",
        "corporation",
        "limited",
        "gmbh",
        "ag",
        "kg",
        "bv",
        "nv",
        "sas",
        "sarl",
        "srl",
        "spa",
    ]
)


def name_words(name: str) -> frozenset[str]:
    """The folded words of a name, legal forms left out unless nothing else is there.

    >>> sorted(name_words("Åsane Kjøpesenter AS")), sorted(name_words("AS"))
    (['asane', 'kjopesenter'], ['as'])
    """
    words = frozenset(fold(name))
    return words - LEGAL_FORMS or words


def bare_domain(address: str) -> str:
    """The host of a domain, address or website, without www.

    >>> bare_domain("https://www.Fjord.no/om"), bare_domain("kari@fjord.no"), bare_domain("fjord")
    ('fjord.no', 'fjord.no', '')
    """
    host = address.strip().lower().rpartition("//")[2].split("/")[0].rpartition("@")[2].split(":")[0]
    return host.removeprefix("www.") if "." in host.strip(".") else ""


def _is_number(one: str, other: str) -> bool:
    return bool(set(at_home(one)) & set(at_home(other)))


def register_number(text: str) -> str:
    """The digits by which two company numbers are the same, however they are written; none where they are too few to tell.

    >>> register_number("NO 923 609 005 MVA"), register_number("923609005"), register_number("12")
    ('923609005', '923609005', '')
    """
    digits = "".join(c for c in text if c.isascii() and c.isdigit())
    return digits if len(digits) >= SHORTEST_REGISTER_NUMBER else ""


def companies_like(
    by: Member,
    *,
    name: str = "",
    company_number: str = "",
    domain: str = "",
    website: str = "",
    phone: str = "",
    but: int | None = None,
) -> list[Company]:
    """Companies with the same company number, domain or telephone number, or whose name has the same words but for AS, Ltd and their like."""
    seen = Company.objects.visible_to(by).exclude(pk=but)
    wanted = name_words(name)
    sites = {site for site in (bare_domain(domain), bare_domain(website)) if site}
    number = register_number(company_number)
    marks = [*([number] if number else []), *sites, *(f"www.{site}" for site in sites), *at_home(phone)]
    pool = _pool(seen, "company", marks, wanted)
    found = [
        row
        for row in pool
        if (number and register_number(row.company_number) == number)
        or sites & {bare_domain(row.domain), bare_domain(row.website)}
        or _is_number(row.phone, phone)
        or (wanted and _is_same(wanted, name_words(row.name)))
    ]
    return found[:MOST]


def people_like(
    by: Member,
    *,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    phone: str = "",
    but: int | None = None,
) -> list[Person]:
    """People with the same e-mail address or telephone number, or the same name."""
    seen = Person.objects.visible_to(by).exclude(pk=but).select_related("company")
    wanted = name_words(f"{first_name} {last_name}")
    address = email.strip().lower()
    whole = wanted if first_name.strip() and last_name.strip() else frozenset()
    pool = _pool(seen, "person", [*([address] if address else []), *at_home(phone)], whole)
    found = [
        row
        for row in pool
        if (address and row.email.lower() == address)
        or _is_number(row.phone, phone)
        or (whole and name_words(row.name) == whole)
    ]
    return found[:MOST]


def _is_same(wanted: frozenset[str], other: frozenset[str]) -> bool:
    """All words of one stand in the other, and the longest is no mere beginning ("Berg" is not "Berg og Dal Bygg")."""
    return wanted == other or (len(wanted & other) >= 2 and (wanted <= other or other <= wanted))


def _pool(seen: Any, table: str, marks: Iterable[str], words: frozenset[str]) -> list[Any]:
    """Few rows among which the same one would be: those with a mark, and those with the rarest-looking (longest) words of the name."""
    asked = [rows_holding([mark], table) for mark in marks]
    if words:
        asked.append(rows_holding(sorted(words, key=lambda word: (-len(word), word))[:2], table))
    if not asked:
        return []
    # The numbers first, and as a list: asked for all at once, every row here would be compared with each answer.
    found = asked[0].union(*asked[1:]).order_by("-row_id")[:LOOKED_AT]
    numbers = [row["row_id"] for row in found]
    return list(seen.filter(pk__in=numbers).order_by("-pk")[:POOL])
