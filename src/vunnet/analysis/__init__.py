"""The closed-won science as a library: `import vunnet.analysis as va`, then `book = va.open(tables)` and ask it.

`book.funnel()`, `book.win_rate()`, `book.signals()`, … each give a small frozen result with its numbers, `.table()`,
`.chart()` and, in a notebook, itself as a picture with its sentence. docs/tutorial.ipynb shows all of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vunnet.analysis.answers import NotRecorded, Rate, Share
    from vunnet.analysis.book import Book, open
    from vunnet.analysis.question import Period, Question

__all__ = ["Book", "NotRecorded", "Period", "Question", "Rate", "Share", "open"]

_HOMES = {"Book": "book", "open": "book", "Period": "question", "Question": "question"}


def __getattr__(name: str) -> object:
    """Each name is loaded when it is first used: a page that needs one small module must not load the whole science."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'answers')}"), name)
