"""Finding rows by the words in them, as the database keeps and answers it.

Words are folded (lower case, no accents; å is found as "a" and "aa") and each is a row of `workspaces_searchtoken`, so that a
prefix is a range of an ordinary index. PostgreSQL's own full text cannot serve here: its match operator is not leakproof, and
under row-level security an index is not used for such operators (docs/adr/0003).
"""

from __future__ import annotations

import unicodedata
from typing import Any

from django.db import migrations
from django.db.models import Q, QuerySet

from vunnet.workspaces.models import SearchToken

MOST_WORDS = 6
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

# Unicode's own case rules where the server has them (17 and later); the database's locale decides before that.
CREATE = migrations.RunPython(
    lambda apps, editor: editor.execute(
        FOLD.replace("__COLLATE__", "COLLATE pg_c_utf8" if editor.connection.pg_version >= 170000 else "")
    ),
    migrations.RunPython.noop,
)


def _tokens(name: str, words: str, address: str, number: str, joined: str) -> str:
    """The rows of `added` as rows of tokens: each word, the address whole, the number as bare digits."""
    between = BETWEEN.replace("'", "''").replace("\\", "\\\\")
    return f"""
      INSERT INTO workspaces_searchtoken (workspace_id, token, "table", row_id)
      SELECT DISTINCT n.workspace_id, left(t, 60), '{name}', n.id
      FROM added n {joined}
      CROSS JOIN LATERAL (SELECT {words} || ' ' || {address} AS raw) w
      CROSS JOIN LATERAL unnest(
        string_to_array(translate(vunnet_fold(raw) || CASE WHEN raw ~ '[åÅøØöÖäÄüÜ]' THEN ' ' || vunnet_fold(vunnet_widen(raw)) ELSE '' END,
          E'{between}', repeat(' ', {len(BETWEEN)})), ' ')
        || lower({address}) || regexp_replace({number}, '[^0-9]', '', 'g')) t
      WHERE t <> ''"""


def kept_for(table: str, name: str, *, texts: list[str], address: str = "''", number: str = "''") -> migrations.RunSQL:
    """Triggers that keep a table's words: statement-wise, so that a bulk import pays once."""
    columns = [*texts, *(c for c in (address, number) if c != "''")]
    changed = " OR ".join(f"n.{column} IS DISTINCT FROM o.{column}" for column in columns)
    words = " || ' ' || ".join(f"n.{column}" for column in texts)
    address = address if address == "''" else f"n.{address}"
    number = number if number == "''" else f"n.{number}"
    born = _tokens(name, words, address, number, "")
    again = _tokens(name, words, address, number, f"JOIN removed o ON o.id = n.id AND ({changed})")
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {table}_found() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          {born}; RETURN NULL; END $$;
        CREATE FUNCTION {table}_refound() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          DELETE FROM workspaces_searchtoken s USING removed o JOIN added n ON n.id = o.id
            WHERE s.workspace_id = o.workspace_id AND s."table" = '{name}' AND s.row_id = o.id AND ({changed});
          {again}; RETURN NULL; END $$;
        CREATE FUNCTION {table}_lost() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          DELETE FROM workspaces_searchtoken s USING removed o
            WHERE s.workspace_id = o.workspace_id AND s."table" = '{name}' AND s.row_id = o.id;
          RETURN NULL; END $$;
        CREATE TRIGGER found AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
          FOR EACH STATEMENT EXECUTE FUNCTION {table}_found();
        CREATE TRIGGER refound AFTER UPDATE ON {table} REFERENCING OLD TABLE AS removed NEW TABLE AS added
          FOR EACH STATEMENT EXECUTE FUNCTION {table}_refound();
        CREATE TRIGGER lost AFTER DELETE ON {table} REFERENCING OLD TABLE AS removed
          FOR EACH STATEMENT EXECUTE FUNCTION {table}_lost();
        """,
        migrations.RunSQL.noop,
    )


def fold(words: str) -> list[str]:
    """The folded words of a search, at most six, in Python's way of the same folding.

    >>> fold("ÅSE  Bjørnsønn")
    ['ase', 'bjornsonn']
    """
    narrow = words.translate(
        {ord("ø"): "o", ord("Ø"): "o", ord("æ"): "ae", ord("Æ"): "ae", ord("ß"): "ss", ord("đ"): "d", ord("ł"): "l"}
    )
    bare = "".join(c for c in unicodedata.normalize("NFD", narrow.replace("\0", "")) if not unicodedata.combining(c))
    return [word.strip(".,;:()\"'") for word in bare.lower().split()][:MOST_WORDS]


def rows_found(words: str, table: str) -> Q:
    """Rows of one table in which every word begins some word. No words: no rows."""
    folded = [word for word in fold(words) if word]
    found = Q(pk__in=[]) if not folded else Q()
    for word in folded:
        found &= Q(pk__in=_holding(word, table))
    return found


def _holding(word: str, table: str) -> QuerySet[SearchToken, dict[str, Any]]:
    digits = "".join(c for c in word if c.isdigit())
    token = digits if len(digits) >= 5 and not any(c.isalpha() for c in word) else word
    return SearchToken.objects.filter(table=table, token__gte=token, token__lt=token + AFTER_ALL).values("row_id")
