"""Texts for translation: collected from Python and templates, compiled for the server. Needs no GNU gettext.

`python scripts/messages.py update` writes new texts into each language's django.po and drops those no longer used;
`python scripts/messages.py compile` writes the .mo files that Django reads.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "vunnet"
LOCALE = PACKAGE / "locale"
LANGUAGES = ("nb",)

_ONE, _PLURAL, _CONTEXT, _CONTEXT_PLURAL = None, (1, 2), ((1, "c"), 2), ((1, "c"), 2, 3)
KEYWORDS: dict[str, Any] = {
    "_": _ONE,
    "gettext": _ONE,
    "gettext_lazy": _ONE,
    "gettext_noop": _ONE,
    "ngettext": _PLURAL,
    "ngettext_lazy": _PLURAL,
    "pgettext": _CONTEXT,
    "pgettext_lazy": _CONTEXT,
    "npgettext": _CONTEXT_PLURAL,
    "npgettext_lazy": _CONTEXT_PLURAL,
}


def extract_template(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """Texts of a Django template, by way of Django's own reading of it as Python."""
    from django.utils.translation.template import templatize

    as_python = templatize(file.read().decode(), origin=getattr(file, "name", None))
    return extract_python(BytesIO(as_python.encode()), keywords, comment_tags, options)


def collected() -> Catalog:
    """Every text in the source, as a catalogue without translations."""
    catalog = Catalog(project="Vunnet", charset="utf-8")
    methods: list[tuple[str, Any]] = [("**.py", "python"), ("**.html", extract_template), ("**.txt", extract_template)]
    found = extract_from_dir(str(PACKAGE), methods, keywords=KEYWORDS, comment_tags=("Translators:",))
    for name, line, text, comments, context in sorted(found, key=lambda row: (row[0], row[1])):
        catalog.add(text, locations=[(name, line)], auto_comments=comments, context=context)
    return catalog


def translated(language: str) -> Catalog:
    """What the language's django.po holds; an empty catalogue if there is none yet."""
    path = _source(language)
    if not path.exists():
        return Catalog(locale=language, project="Vunnet", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> str:
    """Bring the language's django.po up to date with the source; says how much is left to translate."""
    catalog = translated(language)
    # A guess by likeness would look translated: a new text stays empty, and the tests name it.
    catalog.update(collected(), no_fuzzy_matching=True, update_creation_date=False)
    path = _source(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=120, ignore_obsolete=True, include_lineno=False, sort_by_file=True)
    missing = sum(1 for message in catalog if message.id and not has_text(message.string))
    return f"{language}: {len(catalog)} texts, {missing} without a translation ({path})"


def has_text(string: Any) -> bool:
    """Whether a translation is there: every plural form of it, if it has several."""
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


def compile_language(language: str) -> None:
    """Write the .mo file beside the .po, whole or not at all."""
    source = _source(language)
    if not source.exists():
        return
    draft = source.with_suffix(".mo.new")
    with draft.open("wb") as file:
        write_mo(file, translated(language))
    draft.replace(source.with_suffix(".mo"))


def _source(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def main(verb: str) -> None:
    """Do `verb` (update or compile) for every language."""
    for language in LANGUAGES:
        if verb == "update":
            print(update(language))
        compile_language(language)


if __name__ == "__main__":
    if sys.argv[1:] not in (["update"], ["compile"]):
        sys.exit(__doc__)
    main(sys.argv[1])
