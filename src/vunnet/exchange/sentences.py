"""Sentences that still know their pattern, so that whoever shows one can say it in the reader's language.

A `Sentence` is its English text wherever a text is wanted. Its patterns stand in the catalogue of translations: `said` and `CannotRead` mark them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping


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


def _filled(pattern: str, values: Mapping[str, object], say: Callable[[str], str]) -> str:
    return pattern.format(**{name: _written(value, say) for name, value in values.items()}) if values else pattern


def _written(value: object, say: Callable[[str], str]) -> str:
    if isinstance(value, Sentence):
        return say(value)
    return f"{value:,}".replace(",", "\u202f") if isinstance(value, int) else str(value)
