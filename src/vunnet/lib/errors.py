"""The one error a user may read."""

from __future__ import annotations


class RuleBroken(Exception):
    """An action refused, in a sentence for the person who asked.

    Each surface (page, API, command line) turns it into its own answer in one place. `field` names the input
    it belongs to, where one does.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotUnderstood(RuleBroken):
    """An address asked for a name or a value that is not on the allow-list; pages answer it with 400."""
