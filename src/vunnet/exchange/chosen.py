"""A table whose columns a person chose: any people, companies, deals or activities, from any spreadsheet.

What a file is and what its columns mean is guessed from headers (English and Norwegian) and values; whoever imports it has the last
word. The same choice on the same file gives the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from vunnet.exchange import reading, workbook
from vunnet.exchange.activity_table import DONE, OPEN, TASK, activity_kinds
from vunnet.exchange.amounts import MONEY
from vunnet.exchange.arrow import pc
from vunnet.exchange.headers import COMPANY_NUMBER, columns, plain
from vunnet.exchange.refusals import CannotRead, Refusals, Refused
from vunnet.exchange.rows import Rows
from vunnet.exchange.sentences import said
from vunnet.exchange.sniffing import Head, sniff

TEXT, MOMENT, DAY = pa.string(), pa.timestamp("us"), pa.date32()
ID = "id|record id|external id|reference|ref|nummer|kundenummer|kundenr|nr"
OWNER = "owner|deal owner|sales rep|salesperson|seller|responsible|assigned to|eier|selger|ansvarlig|kundeansvarlig"
COMPANY = "company|company name|organization|organisation|account|account name|customer|firma|firmanavn|selskap|bedrift|kunde|organisasjon"
PHONE = "phone|phone number|mobile|mobile phone|telephone|telefon|tlf|mobil|mobilnummer|telefonnummer"
# Kind → what a column may mean, with the headers it stands under, plain and best first.
SYNONYMS: dict[str, dict[str, tuple[str, ...]]] = {
    "people": columns(
        first_name="first name|firstname|given name|fornavn", last_name="last name|lastname|surname|family name|etternavn",
        name="name|full name|contact|contact name|contact person|navn|fullt navn|kontakt|kontaktperson|person", email="email|e-mail|email address|e-mail address|mail|epost|e-post|epostadresse|e-postadresse",
        phone=PHONE, title="title|job title|position|role|tittel|stilling|rolle", company=COMPANY, owner=OWNER, external_id=ID,
    ),
    "companies": columns(
        name=f"name|navn|{COMPANY}", domain="domain|web domain|domene", website="website|web site|url|homepage|nettside|hjemmeside|nettsted",
        phone=PHONE, industry="industry|sector|branch|bransje|næring", city="city|town|sted|by|poststed", country="country|land",
        employees="employees|number of employees|headcount|ansatte|antall ansatte", owner=OWNER, company_number=COMPANY_NUMBER, external_id=ID,
    ),
    "deals": columns(
        name="deal name|deal|deal title|name|title|subject|opportunity|opportunity name|salg|navn|tittel|salgsmulighet|avtale|avtalenavn|mulighet|prosjekt", company=COMPANY,
        amount="amount|value|deal value|price|sum|beløp|verdi|pris|ordreverdi", currency="currency|valuta", stage="stage|deal stage|status|phase|trinn|fase|steg|salgsfase", owner=OWNER,
        product="product|service|produkt|vare|tjeneste", source="source|lead source|channel|kilde|kanal",
        expected_close_on="expected close|expected close date|close date|closing|forventet lukket|forventet avslutning|avslutningsdato|lukkedato",
        created_at="created|created at|create date|created date|opened|opprettet|opprettet dato|dato", closed_at="closed|closed at|closed date|won date|lost date|lukket|avsluttet|vunnet dato|tapt dato",
        person="contact|contact name|contact person|person|kontakt|kontaktperson|kontaktnavn", email="email|e-mail|contact email|email address|epost|e-post|kontakt e-post|epostadresse|e-postadresse",
        external_id=f"deal id|{ID}",
    ),
    "activities": columns(
        kind="type|activity type|kind|activity|aktivitetstype|aktivitet|slag", subject="subject|title|summary|emne|tittel|overskrift",
        body="body|note|notes|description|comment|comments|details|content|text|notat|notater|beskrivelse|kommentar|innhold|tekst",
        at="date|when|activity date|start|start date|start time|time|logged at|dato|tidspunkt|starttid|startdato|aktivitetsdato", due_on="due|due date|deadline|due on|frist|forfall|forfallsdato",
        done_at="done|done at|completed|completed at|completion date|finished|utført|fullført|ferdig", minutes="minutes|duration|duration (minutes)|varighet|minutter|varighet (minutter)",
        deal="deal|deal name|deal id|opportunity|opportunity name|salg|salgsmulighet|prosjekt", company=COMPANY,
        person="contact|contact name|person|contact person|name|kontakt|kontaktperson|navn", email="email|e-mail|contact email|email address|epost|e-post|epostadresse|e-postadresse",
        owner=f"{OWNER}|done by|utført av", external_id=f"activity id|{ID}",
    ),
}  # fmt: skip
TYPES = {
    "amount": MONEY, "employees": pa.int64(), "expected_close_on": DAY, "created_at": MOMENT, "closed_at": MOMENT,
    "at": MOMENT, "due_on": DAY, "done_at": MOMENT, "minutes": pa.int64(),
}  # fmt: skip
# Of which at least one column must be chosen, and how it is asked for.
NEEDED = {
    "people": (("name", "first_name", "last_name", "email"), said("Choose a column for the name or the e-mail address: without both, nobody can be told from anybody else.")),
    "companies": (("name",), said("Choose a column for the company's name.")),
    "deals": (("name", "company"), said("Choose a column for the deal's name, or for its company.")),
    "activities": (("subject", "body"), said("Choose a column for what it was about, or for its text.")),
}  # fmt: skip
SKIP = ""
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
DIALLED = re.compile(r"\+?[\d ()./-]{8,20}")


@dataclass(frozen=True)
class Choice:
    """What a person said of a file. `columns`: header → meaning, `x_key` for a custom field, or nothing to leave it out.

    `repairs`: (line, header) → the value that shall stand there instead. Empty `encoding`, `delimiter`, `sheet`, `order` (of day and
    month) and `mark` (of decimals): as guessed.
    """

    kind: str
    columns: Mapping[str, str]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    order: str = ""
    mark: str = ""
    repairs: Mapping[tuple[int, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Chosen:
    """The rows as typed columns by meaning, `x_…` as text, with `line`, the physical line of each; and what was refused."""

    table: pa.Table
    refused: list[Refused]


def guess_kind(headers: Sequence[str]) -> str:
    """What kind of rows these headers belong to: the kind that knows most of them; people where none is better."""
    known = {kind: sum(bool(m) for m in suggest(kind, headers).values()) for kind in SYNONYMS}
    there = {plain(header) for header in headers}
    if there & {"amount", "value", "deal value", "stage", "deal stage", "beløp", "verdi", "trinn", "fase"}:
        known["deals"] += 2
    if there & {name for field in ("email", "first_name", "last_name") for name in SYNONYMS["people"][field]}:
        known["people"] += 2
    if there & {name for field in ("kind", "due_on", "minutes") for name in SYNONYMS["activities"][field]} - {"type"}:
        known["activities"] += 2
    return max(known, key=lambda kind: (known[kind], kind == "people"))


def suggest(
    kind: str,
    headers: Sequence[str],
    samples: Mapping[str, Sequence[str]] | None = None,
    custom: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Header → suggested meaning: by its words, else by its values, each meaning once. `custom`: plain label → `x_key`."""
    found = dict.fromkeys(headers, SKIP)
    taken: set[str] = set()
    words = {plain(header): header for header in reversed(headers)}
    for meaning, names in SYNONYMS[kind].items():
        header = next((words[name] for name in names if name in words and not found[words[name]]), None)
        if header:
            found[header] = meaning
            taken.add(meaning)
    for header in headers:
        if not found[header] and (key := (custom or {}).get(plain(header))) and key not in taken:
            found[header] = key
            taken.add(key)
    for header, values in (samples or {}).items():
        meaning = "" if found.get(header, "x") else _by_values(values)
        if meaning and meaning in SYNONYMS[kind] and meaning not in taken:
            found[header] = meaning
            taken.add(meaning)
    return found


def _by_values(values: Sequence[str]) -> str:
    filled = [value.strip() for value in values if value.strip()]
    if len(filled) >= 2:  # One value proves nothing.
        if all(MAIL.fullmatch(value) for value in filled):
            return "email"
        if all(DIALLED.fullmatch(value) and sum(c.isdigit() for c in value) >= 8 for value in filled):
            return "phone"
    return ""


def head(path: Path, choice: Choice | None = None) -> Head:
    """How the file begins, as guessed or as chosen."""
    if reading.is_workbook(path):
        return workbook.head(path, choice.sheet if choice else "")
    return sniff(path, encoding=(choice and choice.encoding) or None, delimiter=(choice and choice.delimiter) or "")


def sheets(path: Path) -> list[str]:
    """The names of a workbook's sheets; none for a text file."""
    return workbook.titles(path) if reading.is_workbook(path) else []


def read_chosen(path: Path, choice: Choice, *, zone: str) -> Chosen:
    """All rows of a file as chosen. Raises CannotRead where the choice does not fit the file; a bad cell is in `refused`."""
    refusals = Refusals()
    sheet = reading.load(
        path, path.name, refusals, encoding=choice.encoding, delimiter=choice.delimiter, title=choice.sheet
    )
    lines = sheet.lines_of(range(sheet.count)) if sheet.count else {}
    numbers = np.array([lines[row] for row in range(sheet.count)], dtype=np.int64)
    _repair(sheet, numbers, choice.repairs)
    names = {meaning: header for header, meaning in choice.columns.items() if meaning and header in sheet.columns}
    _demand_needed(choice.kind, names)
    if choice.kind == "activities" and "done_at" in names:
        _say_when_done(sheet, names)
    rows = Rows(sheet, names, refusals, zone, choice.order, choice.mark)
    made = {name: rows.typed(name, TYPES.get(name, TEXT)) for name in names}
    if "email" in made:
        made["email"] = _addresses(rows, made["email"])
    if "currency" in made:
        _refuse(
            rows,
            made,
            "currency",
            pc.invert(pc.match_substring_regex(made["currency"], r"^[A-Za-z]{3}$")),
            said("A currency is three letters, such as NOK or EUR."),
        )
    if "amount" in made:
        _refuse(rows, made, "amount", pc.less(made["amount"], pa.scalar(0, MONEY)), said("An amount is 0 or more."))
    if "minutes" in made:
        _refuse(rows, made, "minutes", pc.less(made["minutes"], 0), said("A duration is 0 minutes or more."))
    if "kind" in made:
        made["kind"] = _kinds(rows, made)
    if choice.kind == "people" and "name" in made:
        _split_name(made)
    _require_one_of(rows, made, choice.kind)
    made["line"] = pa.array(numbers)
    table = pa.table(made).filter(rows.alive)
    return Chosen(table, refusals.listed())


def _demand_needed(kind: str, names: Iterable[str]) -> None:
    if kind not in NEEDED:
        raise CannotRead("There is no kind of rows called {kind}.", kind=kind)
    known, ask = NEEDED[kind]
    if not set(known) & set(names):
        raise CannotRead(ask)


def _repair(sheet: reading.Sheet, numbers: np.ndarray, repairs: Mapping[tuple[int, str], str]) -> None:
    by_header: dict[str, dict[int, str]] = {}
    for (line, header), value in repairs.items():
        at = np.flatnonzero(numbers == line)
        if header in sheet.columns and len(at):
            by_header.setdefault(header, {})[int(at[0])] = value.strip()
    for header, cells in by_header.items():
        values = sheet.columns[header].to_pylist()
        for row, value in cells.items():
            values[row] = value or None
        sheet.columns[header] = pa.array(values, pa.string())


def _addresses(rows: Rows, values: Any) -> Any:
    """E-mail addresses in small letters; what is none is refused, and its row stays."""
    good = pc.match_substring_regex(values, r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    made = {"email": values}
    _refuse(
        rows, made, "email", pc.invert(good), said("This is not an e-mail address; write it like name@company.com.")
    )
    return pc.utf8_lower(made["email"])


def _say_when_done(sheet: reading.Sheet, names: Mapping[str, str]) -> None:
    """Where a column says only that something is done (yes, true, fullført), it was on the day it was due or happened."""
    said_done = pc.utf8_trim_whitespace(sheet.columns[names["done_at"]])
    days = [sheet.columns[names[name]] for name in ("due_on", "at") if name in names]
    day = pc.coalesce(*days) if days else pa.scalar(None, TEXT)
    is_open = pc.fill_null(pc.match_substring_regex(said_done, OPEN), False)
    done = pc.if_else(pc.fill_null(pc.match_substring_regex(said_done, DONE), False), day, said_done)
    sheet.columns[names["done_at"]] = pc.if_else(is_open, pa.scalar(None, TEXT), done)


def _kinds(rows: Rows, made: dict[str, Any]) -> Any:
    """Call, mail, meeting, note or task, by a word of it; what is none is refused, and its row stays."""
    kinds = activity_kinds(made["kind"])
    none = pc.and_(pc.equal(kinds, "task"), pc.invert(pc.match_substring_regex(made["kind"], TASK)))
    _refuse(rows, made, "kind", none, said("This is none of call, mail, meeting, note and task; write one of them."))
    return pc.if_else(made["kind"].is_valid(), kinds, pa.scalar(None, TEXT))


def _refuse(rows: Rows, made: dict[str, Any], meaning: str, wrong: Any, why: str) -> None:
    """Refuse the cells that are wrong; their rows stay."""
    wrong = pc.fill_null(wrong, False)
    bad = np.flatnonzero(wrong.to_numpy(zero_copy_only=False))
    rows.refuse(meaning, bad, [why] * len(bad))
    made[meaning] = pc.if_else(wrong, pa.scalar(None, made[meaning].type), made[meaning])


def _split_name(made: dict[str, Any]) -> None:
    """A whole name as first and last: the last word is the last name, where no columns of their own say it."""
    whole = made.pop("name")
    first = pc.replace_substring_regex(whole, r"\s+\S+$", "")
    last = pc.if_else(pc.match_substring_regex(whole, r"\s"), pc.replace_substring_regex(whole, r"^.*\s", ""), None)
    made["first_name"] = pc.coalesce(made["first_name"], first) if "first_name" in made else first
    made["last_name"] = pc.coalesce(made["last_name"], last) if "last_name" in made else last


def _require_one_of(rows: Rows, made: Mapping[str, Any], kind: str) -> None:
    known, _ask = NEEDED[kind]
    needed = [made[name] for name in known if name in made]
    filled = pc.coalesce(*needed) if len(needed) > 1 else needed[0]
    place = next(name for name in known if name in rows.names)
    missing = said("A text is missing; write one, or leave the row out.") if kind == "activities" else said("A name is missing; write one, or leave the row out.")  # fmt: skip
    rows.require(place, missing, filled)
