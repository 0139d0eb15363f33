"""Finding rows by the words in them, as the database keeps and answers it.

Words are folded (lower case, no accents; å is found as "a" and "aa") and each is a row of `workspaces_searchtoken`, so that a
prefix is a range of an ordinary index. PostgreSQL's own full text cannot serve here: its match operator is not leakproof, and
under row-level security an index is not used for such operators (docs/adr/0004).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.db import migrations
from django.db.models import Model, Q, QuerySet

from vunnet.workspaces.models import SearchToken
from vunnet.workspaces.worded import AnyOf, Worded, worded

MOST_WORDS = 6
POOL = 2_000
LOOKED_AT = 300
MOST_COMPANIES, FEW_COMPANIES = 10_000, 50
# One or two letters begin the words of half of all companies.
SHORTEST_OF_COMPANY = 3
AFTER_ALL = "\U0010ffff"

# What is no part of a word.
BETWEEN = "_.,;:/\\()[]{}\"'&+@!?#*<>|=~`´’“”«»–-\t\n\r\u00a0"

# Plain text is only lowered; the rest costs ten times as much and is rare. Inlined into the triggers, as one expression.
FOLD = """
CREATE FUNCTION vunnet_fold(raw text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length(raw) = char_length(raw) THEN lower(raw) ELSE
    lower(regexp_replace(normalize(replace(replace(replace(replace(translate(raw, 'øØđĐłŁ', 'oodDlL'), 'æ', 'ae'), 'Æ', 'ae'), 'ß', 'ss'), 'þ', 'th'), NFD),
      '[\u0300-\u036f]', '', 'g') __COLLATE__) END
$$;
CREATE FUNCTION vunnet_widen(raw text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(raw,
    'å', 'aa'), 'Å', 'aa'), 'ø', 'oe'), 'Ø', 'oe'), 'ö', 'oe'), 'Ö', 'oe'), 'ä', 'ae'), 'Ä', 'ae'), 'ü', 'ue'), 'Ü', 'ue')
$$;
"""

# Words are as uneven as names are: with the usual hundred counted ones the planner takes a common first name for a rare word.
MEASURED = migrations.RunSQL(
    "ALTER TABLE workspaces_searchtoken ALTER COLUMN token SET STATISTICS 1000", migrations.RunSQL.noop
)

# Unicode's own case rules where the server has them (17 and later); the database's locale decides before that.
CREATE = migrations.RunPython(
    lambda apps, editor: editor.execute(
        FOLD.replace("__COLLATE__", "COLLATE pg_c_utf8" if editor.connection.pg_version >= 170000 else "")
    ),
    migrations.RunPython.noop,
)


# The country codes of E.164, as they stand before a number: what follows is the number as people say it at home.
COUNTRY = (
    "1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|(2[1-689]|3[578]|42|5[09]|6[7-9]|8[035-9]|9[679])[0-9]"
)


# So many digits of a number's end find it: its digits are kept backwards too, as one word more, since only beginnings are looked for.
SHORTEST_ENDING = 5
BACKWARDS = "<"


def _dialled(number: str) -> str:
    """A telephone number as one writes it to dial; in SQL."""
    return f"regexp_replace(translate({number}, ' ().-/', ''), '^00', '+')"


def _backwards(number: str) -> str:
    """A telephone number from its end; null where it is more than digits; in SQL."""
    return f"CASE WHEN {_dialled(number)} ~ '^[+]?[0-9]{{6,15}}$' THEN '{BACKWARDS}' || reverse(ltrim({_dialled(number)}, '+')) END"


def _tokens(name: str, words: str, address: str, number: str, code: str) -> str:
    """The rows of `added` as rows of tokens: each word, the address whole and its domain, the number with and without its country and
    from its end, the code (a company's number) as it is written and by its digits."""
    between = BETWEEN.replace("'", "''").replace("\\", "\\\\")
    more = ""
    if address:
        more += f" || ARRAY[lower({address}), split_part(lower({address}), '@', 2)]"
    if number:
        dialled = _dialled(number)
        home = f"regexp_replace({dialled}, '^[+]({COUNTRY})', '')"
        more += (
            f" || CASE WHEN {number} = '' THEN NULL ELSE ARRAY[ltrim({dialled}, '+'), {home}, {_backwards(number)}] END"
        )
    if code:
        more += f" || CASE WHEN {code} = '' THEN NULL ELSE ARRAY[lower(translate({code}, ' .-', '')), regexp_replace({code}, '[^0-9]', '', 'g')] || regexp_split_to_array(lower({code}), '[^a-z0-9]+') END"
    return f"""
      INSERT INTO workspaces_searchtoken (workspace_id, token, "table", row_id)
      SELECT DISTINCT n.workspace_id, left(t, 60), '{name}', n.id
      FROM added n
      CROSS JOIN LATERAL (SELECT {words} AS raw) w
      CROSS JOIN LATERAL unnest(
        string_to_array(translate(vunnet_fold(raw) || CASE WHEN raw ~ '[åÅøØöÖäÄüÜ]' THEN ' ' || vunnet_fold(vunnet_widen(raw)) ELSE '' END,
          E'{between}', repeat(' ', {len(BETWEEN)})), ' '){more}) t
      WHERE t <> ''"""


def kept_for(table: str, name: str, *, texts: list[str], address: str = "", number: str = "") -> migrations.RunSQL:
    """Triggers that keep a table's words: statement-wise, so that a bulk import pays once."""
    return migrations.RunSQL(
        f"""{_functions(table, name, texts, address, number, [], "")}
        CREATE TRIGGER found AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
          FOR EACH STATEMENT EXECUTE FUNCTION {table}_found();
        CREATE TRIGGER refound AFTER UPDATE ON {table} REFERENCING OLD TABLE AS removed NEW TABLE AS added
          FOR EACH STATEMENT EXECUTE FUNCTION {table}_refound();
        CREATE TRIGGER lost AFTER DELETE ON {table} REFERENCING OLD TABLE AS removed
          FOR EACH STATEMENT EXECUTE FUNCTION {table}_lost();
        """,
        migrations.RunSQL.noop,
    )


def kept_while_present(
    table: str, name: str, *, texts: list[str], address: str = "", number: str = "", code: str = ""
) -> migrations.RunSQL:
    """The same for a table whose rows can be deleted and brought back: a deleted one has no words."""
    functions = _functions(table, name, texts, address, number, ["deleted_at"], " AND n.deleted_at IS NULL", code)
    return migrations.RunSQL(functions, migrations.RunSQL.noop)


def backwards_added(table: str, name: str, number: str) -> migrations.RunSQL:
    """The numbers that are here already, from their ends. Row-level security binds the owner too: one workspace after the other."""
    return migrations.RunSQL(
        f"""DO $$ DECLARE room bigint; BEGIN
          FOR room IN SELECT generate_series(1, (SELECT last_value FROM workspaces_workspace_id_seq)) LOOP
            PERFORM set_config('vunnet.workspace', room::text, true);
            INSERT INTO workspaces_searchtoken (workspace_id, token, "table", row_id)
              SELECT n.workspace_id, {_backwards(f"n.{number}")}, '{name}', n.id FROM {table} n
              WHERE {_backwards(f"n.{number}")} IS NOT NULL AND n.deleted_at IS NULL ON CONFLICT DO NOTHING;
          END LOOP;
          PERFORM set_config('vunnet.workspace', '', true);
        END $$""",
        migrations.RunSQL.noop,
    )


def _functions(
    table: str,
    name: str,
    texts: list[str],
    address: str,
    number: str,
    also_watched: list[str],
    while_: str,
    code: str = "",
) -> str:
    columns = [*texts, *(column for column in (address, number, code) if column), *also_watched]
    watched = ", ".join(["id", *columns])
    words = " || ' ' || ".join(f"n.{column}" for column in texts)
    address, number, code = (column and f"n.{column}" for column in (address, number, code))
    born = _tokens(name, words, address, number, code) + while_
    again = _tokens(name, words, address, number, code) + " AND n.id = ANY(renewed)" + while_
    return f"""
        CREATE OR REPLACE FUNCTION {table}_found() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          {born}; RETURN NULL; END $$;
        -- A list, and by sets: of the two tables of a statement the planner knows nothing, and would compare each row with each.
        CREATE OR REPLACE FUNCTION {table}_refound() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
        DECLARE
          renewed bigint[] := ARRAY(SELECT id FROM (SELECT {watched} FROM added EXCEPT SELECT {watched} FROM removed) changed);
        BEGIN
          IF cardinality(renewed) > 0 THEN
            DELETE FROM workspaces_searchtoken s
              WHERE s.workspace_id = (SELECT workspace_id FROM removed LIMIT 1) AND s."table" = '{name}' AND s.row_id = ANY(renewed);
            {again};
          END IF;
          RETURN NULL; END $$;
        CREATE OR REPLACE FUNCTION {table}_lost() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          DELETE FROM workspaces_searchtoken s USING removed o
            WHERE s.workspace_id = o.workspace_id AND s."table" = '{name}' AND s.row_id = o.id;
          RETURN NULL; END $$;"""


NARROW = str.maketrans({"ø": "o", "Ø": "o", "æ": "ae", "Æ": "ae", "ß": "ss", "đ": "d", "Đ": "d", "ł": "l", "Ł": "l"})
SPLIT = str.maketrans(dict.fromkeys(BETWEEN, " ") | {"\0": " "})
# A telephone number as it is written: with its country, or in groups of two or three digits.
NUMBER = re.compile(r"(?<!\w)(?:(?:\+|00)\d[\d ().-]{4,}|\(?\d{2,3}\)?(?:[ .-]\d{2,3}){2,})(?!\w)")
# Digits side by side, as while a number is being typed: it may be one number, or words of their own ("Hall 12 34").
HALF_NUMBER = re.compile(r"(?<!\w)(?:(?:\+|00)\d[\d ().-]*|\(?\d{2,5}\)?(?:[ .-]\d{1,5})+)(?!\w)")
DOMAIN = re.compile(r"[\w-]{3,}(\.[\w-]+)*\.[a-z]{2,3}")


def fold(words: str, numbers: re.Pattern[str] = NUMBER) -> list[str]:
    """The folded words of a search, at most six, in Python's way of the same folding.

    An address, a domain and a telephone number (what `numbers` finds) stay one word.

    >>> fold("ÅSE  Bjørnsønn, Nord-Odal"), fold("ring +47 912 34 567"), fold("kari@fjord.no fjord.no")
    (['ase', 'bjornsonn', 'nord', 'odal'], ['ring', '4791234567'], ['kari@fjord.no', 'fjord.no'])
    """
    whole = numbers.sub(lambda found: _digits(found[0]).removeprefix("00") + " ", words)
    bare = "".join(c for c in unicodedata.normalize("NFD", whole.translate(NARROW)) if not unicodedata.combining(c))
    folded: list[str] = []
    for word in bare.lower().split():
        is_address = "@" in word.strip("@") or DOMAIN.fullmatch(word)
        folded += [word] if is_address else word.translate(SPLIT).split()
    return folded[:MOST_WORDS]


def readings(words: str) -> list[list[str]]:
    """The ways a search may be meant: as its words stand, with digits side by side as one number that is not all there yet, and with
    digits as a number's end.

    >>> readings("kari 912 34"), readings("ring 34567")
    ([['kari', '912', '34'], ['kari', '91234'], ['kari', '<43219']], [['ring', '34567'], ['ring', '<76543']])
    """
    found = [fold(words), fold(words, HALF_NUMBER)]
    found += [[_backwards_read(word) for word in way] for way in found]
    return [way for n, way in enumerate(found) if way and way not in found[:n]]


def _backwards_read(word: str) -> str:
    return BACKWARDS + word[::-1] if len(word) >= SHORTEST_ENDING and word.isdigit() else word


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def rows_found(words: str, table: str, of_company: type[Model] | None = None) -> Q:
    """Rows of one table in which every word begins some word: their own or, where they are `of_company`, their company's. No words: no rows."""
    parts: list[Any] = []
    for folded in readings(words):
        parts += [_all_in(folded, table), *(_with_company(folded, table, of_company) if of_company else [])]
    if not parts:
        return Q(pk__in=[])
    return Q(pk__in=parts[0].union(*parts[1:]) if parts[1:] else parts[0])


def _all_in(words: Sequence[str], table: str) -> QuerySet[Any, Any]:
    """Numbers of the rows in which each of these begins a word."""
    longest, *others = sorted(words, key=len, reverse=True)
    found = _holding(longest, table)
    for word in others:
        found = found.filter(row_id__in=_holding(word, table).values("row_id"))
    return found.values("row_id")


def _with_company(
    words: Sequence[str], table: str, rows: type[Model], most: int = MOST_COMPANIES
) -> list[QuerySet[Any, Any]]:
    """Numbers of rows by their company's words, and by some of their own and the others of their company's ("moe meieri", "meieri moe").

    Each a question of its own: of one with "or" in it the database looks at every row. And where there are several words the companies are
    read first: how many they are it guesses wrongly, and would read the people of half of all companies.
    """
    found: Any = rows._default_manager.order_by()
    if len(words) == 1 and most == MOST_COMPANIES:
        return [found.filter(company_id__in=_all_in(words, "company")).values("id")]
    parts = [(words[:0], words)]
    for n in range(1, len(words)):
        parts += [(words[:n], words[n:]), (words[n:], words[:n])]
    questions = []
    for own, theirs in parts:
        companies = _all_in(theirs, "company").order_by("-row_id").values_list("row_id", flat=True)
        if numbers := list(companies[:most]):
            among = found.filter(pk__in=_all_in(own, table)) if own else found
            questions.append(among.filter(AnyOf("company_id", numbers)).values("id"))
    return questions


def rows_holding(words: list[str], table: str) -> QuerySet[Any, Any]:
    """Numbers of the rows that hold each of some folded words as a whole one. At least one word."""
    found = SearchToken.objects.filter(table=table, token=words[0][:60])
    for word in words[1:]:
        also = SearchToken.objects.filter(table=table, token=word[:60])
        found = found.filter(row_id__in=also.values("row_id"))
    return found.values("row_id")


def at_home(number: str) -> list[str]:
    """A telephone number as its words are kept: whole, and without its country.

    >>> at_home("+47 912 34 567"), at_home("91 23 45 67")
    (['4791234567', '91234567'], ['91234567'])
    """
    plain = re.sub(r"[ ().\-/]", "", number.strip())
    dialled = "+" + plain[2:] if plain.startswith("00") else plain
    home = re.sub(rf"^[+]({COUNTRY})", "", dialled)
    return list(dict.fromkeys(part for part in (dialled.lstrip("+"), home) if len(part) >= 6 and part.isdigit()))


def best_found(
    words: str,
    table: str,
    most: int,
    among: QuerySet[Any] | None = None,
    *,
    of_company: type[Model] | None = None,
    first: Callable[[list[int]], list[int]] = lambda numbers: [],
) -> list[int]:
    """Numbers of at most so many rows: those that `first` says (open deals), then those that hold the longest word whole, then those that hold its
    beginning, then those whose company does; the latest numbers first. `among`: only of these rows (None: of all in the workspace).

    Looks at the first POOL places where the longest word begins one, so a single letter costs no more than a name; and at FEW_COMPANIES.
    """
    ranks: dict[int, int] = {}
    for way in readings(words):
        folded = sorted(way, key=len, reverse=True)
        for token, row in _places(folded, table, among):
            ranks[row] = min(ranks.get(row, 1), int(token != folded[0]))
        if of_company and len(folded[0]) >= SHORTEST_OF_COMPANY:
            for row in _through_companies(way, table, among, of_company):
                ranks.setdefault(row, 2)
    ranked = sorted(ranks, key=lambda row: (ranks[row], -row))[:LOOKED_AT]
    before = set(first(ranked))
    return sorted(ranked, key=lambda row: row not in before)[:most]


def _places(words: list[str], table: str, among: QuerySet[Any] | None) -> list[tuple[str, int]]:
    """Where the longest word begins one, in rows that hold the others too."""
    longest, *others = words
    if not others and among is None:
        return _beginning(table, longest, longest + AFTER_ALL)
    found = _holding(longest, table)
    if among is not None:
        found = found.filter(row_id__in=among.order_by().values("pk"))
    for word in others:
        found = found.filter(row_id__in=_holding(word, table).values("row_id"))
    return list(_first(found))


def _through_companies(words: list[str], table: str, among: QuerySet[Any] | None, rows: type[Model]) -> list[int]:
    """The latest rows that are found by the words of some companies."""
    if len(words) == 1 and among is None:
        return _latest_of(rows)(best_found(words[0], "company", FEW_COMPANIES))
    numbers: set[int] = set()
    for part in _with_company(words, table, rows, FEW_COMPANIES):
        seen = part.filter(pk__in=among.order_by().values("pk")) if among is not None else part
        numbers |= set(seen.order_by("-pk").values_list("pk", flat=True)[:POOL])
    return list(numbers)


@cache
def _latest_of(rows: type[Model]) -> Worded[[list[int]], int]:
    def of(companies: list[int]) -> Any:
        found = rows._default_manager.filter(AnyOf("company_id", companies))
        return found.order_by("-pk").values_list("pk", flat=True)[:POOL]

    return Worded(of)


def _first(found: QuerySet[Any]) -> Any:
    return found.order_by("token", "row_id").values_list("token", "row_id")[:POOL]


@worded
def _beginning(table: str, word: str, end: str) -> Any:
    return _first(SearchToken.objects.filter(table=table, token__gte=word, token__lt=end))


def _holding(word: str, table: str) -> QuerySet[SearchToken, SearchToken]:
    return SearchToken.objects.filter(table=table, token__gte=word, token__lt=word + AFTER_ALL)
