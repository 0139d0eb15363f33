"""In whose language, and with whose marks of thousands and decimals, charts speak: those of whoever is answered now."""

from __future__ import annotations

from django.utils.translation import get_language

from vunnet.charts.language import Language
from vunnet.lib.formats import present


def language() -> Language:
    """The reader's, as pages and mails have set it."""
    formats = present()
    return Language("nb" if get_language() == "nb" else "en", (formats.thousands, formats.decimal_mark))
