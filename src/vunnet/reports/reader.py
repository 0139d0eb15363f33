"""How whoever is answered now reads: their marks of thousands and decimals, and the language in which charts speak to them."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import get_language

from vunnet.charts.language import Language
from vunnet.lib.formats import Formats, present


def formats() -> Formats:
    """The reader's; where nobody said whose (a command, a test), as the language writes."""
    here, language = present(), get_language() or "en"
    return here if here.language == language else replace(here, language=language)


def language() -> Language:
    """The reader's, as pages and mails have set it."""
    here = formats()
    return Language("nb" if here.language == "nb" else "en", (here.thousands, here.decimal_mark))
