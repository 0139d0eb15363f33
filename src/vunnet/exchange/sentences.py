"""Sentences that still know their pattern, so that whoever shows one can say it in the reader's language.

A `Sentence` is its English text wherever a text is wanted. Its patterns stand in the catalogue of translations: `said` and `CannotRead` mark them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class Sentence(str):
    """An English sentence, the pattern it was made from, and the values in it."""

    pattern: str
    values: Mapping[str, object]


def said(pattern: str, **values: object) -> Sentence:
    """A sentence with its {named} values, of which whole numbers are grouped by thousands."""
    sentence = Sentence(_filled(pattern, values, str))
    sentence.pattern, sentence.values = pattern, values
    return sentence


def in_words(text: str, translate: Callable[[str], str]) -> str:
    """The sentence in another language, as far as `translate` knows it. A text without a pattern is looked up as it stands."""
    if not isinstance(text, Sentence):
        return translate(text) if text else text
    return _filled(translate(text.pattern), text.values, lambda inner: in_words(inner, translate))


def as_plain(text: str) -> Any:
    """The sentence as JSON keeps it: its pattern with its values, or the text itself where there is no pattern."""
    if not isinstance(text, Sentence):
        return str(text)
    return {"pattern": text.pattern, "values": {name: _plain(value) for name, value in text.values.items()}}


def _plain(value: object) -> object:
    return value if isinstance(value, int) else as_plain(value) if isinstance(value, str) else str(value)


def from_plain(kept: Any) -> str:
    """The sentence that `as_plain` made; a text that was kept without its pattern as it stands.

    >>> from_plain(as_plain(said("{n} rows of {file}", n=1200, file="a.csv"))).replace("\u202f", " ")
    '1 200 rows of a.csv'
    """
    if not isinstance(kept, dict):
        return str(kept)
    values = {name: from_plain(value) if isinstance(value, dict) else value for name, value in kept["values"].items()}
    pattern = kept["pattern"]
    return said(pattern, **values)


def _filled(pattern: str, values: Mapping[str, object], say: Callable[[str], str]) -> str:
    return pattern.format(**{name: _written(value, say) for name, value in values.items()}) if values else pattern


def _written(value: object, say: Callable[[str], str]) -> str:
    if isinstance(value, Sentence):
        return say(value)
    return f"{value:,}".replace(",", "\u202f") if isinstance(value, int) else str(value)
