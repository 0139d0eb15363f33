"""The one error a user may read."""

from __future__ import annotations

from collections.abc import Mapping


class RuleBroken(Exception):
    """An action refused, in a sentence for the person who asked.

    Each surface (page, API, command line) turns it into its own answer in one place. `field` names the input
    it belongs to, where one does. `pattern` and `values` are what the sentence was made from, where somebody else may have to
    read it later, in another language.
    """

    def __init__(
        self, message: str, field: str | None = None, *, pattern: str = "", values: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.pattern, self.values = pattern, values or {}


class NotUnderstood(RuleBroken):
    """An address asked for a name or a value that is not on the allow-list; pages answer it with 400."""
