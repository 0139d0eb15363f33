"""Texts for translation: collected from Python and templates, compiled for the server. Needs no GNU gettext.

`python scripts/messages.py update` writes new texts into each language's django.po and drops those no longer used;
`python scripts/messages.py compile` writes the .mo files that Django reads.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "vunnet"
LOCALE = PACKAGE / "locale"
LANGUAGES = ("nb",)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+[^>]*>")

_ONE, _PLURAL, _CONTEXT, _CONTEXT_PLURAL = None, (1, 2), ((1, "c"), 2), ((1, "c"), 2, 3)
KEYWORDS: dict[str, Any] = {
    "_": _ONE,
    "said": _ONE,
    "CannotRead": _ONE,
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
    # A page's indentation means nothing; Python's reader would trip over it.
    flat = "\n".join(line.lstrip() for line in as_python.split("\n"))
    return extract_python(BytesIO(flat.encode()), keywords, comment_tags, options)


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
        header = "# The texts of Vunnet in another language. `make messages` keeps the list; people write the answers."
        return Catalog(locale=language, project="Vunnet", header_comment=header, fuzzy=False)
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


def faults(wanted: Catalog, found: Catalog) -> list[str]:
    """What is wrong with a translation, one line a text: missing, guessed, or with other placeholders."""
    lines = []
    for text in (message for message in wanted if message.id):
        answer = found.get(text.id, text.context)
        if answer is None or not has_text(answer.string):
            lines.append(f"no translation: {text.id!r} ({_places(text)})")
        elif answer.fuzzy:
            lines.append(f"marked as a guess: {text.id!r} ({_places(text)})")
        elif not _same_placeholders(text.id, answer.string):
            lines.append(f"other placeholders than {text.id!r}: {answer.string!r}")
    return lines


def _places(text: Message) -> str:
    return ", ".join(f"{path}:{line}" for path, line in text.locations)


def _same_placeholders(text: Any, answer: Any) -> bool:
    # With several plural forms, one may do without the number ("one deal"); none may invent a name.
    texts = text if isinstance(text, (tuple, list)) else (text,)
    answers = answer if isinstance(answer, (tuple, list)) else (answer,)
    wanted = [placeholders(form) for form in texts]
    return all(placeholders(form) in wanted for form in answers)


def placeholders(text: str) -> tuple[str, ...]:
    """What is filled in later: %(name)s, %s, {name}, and markup; sorted."""
    return tuple(sorted(PLACEHOLDER.findall(text)))


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
