"""What analysis calls a row: its name, with its number where another row of the workspace has the same name (see sql.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from vunnet.workspaces.worded import Worded


class Labels:
    """Both ways between a row's number and its name in analysis."""

    def __init__(self, rows: list[tuple[int, str]]) -> None:
        often = Counter(name for _pk, name in rows)
        self._by_pk = {pk: f"{name} #{pk}" if often[name] > 1 else name for pk, name in rows}
        self._by_name = {name: pk for pk, name in self._by_pk.items()}

    def among(self, pks: set[int]) -> Labels:
        """Only those of some rows, under the same names."""
        fewer = Labels([])
        fewer._by_pk = {pk: name for pk, name in self._by_pk.items() if pk in pks}
        fewer._by_name = {name: pk for pk, name in fewer._by_pk.items()}
        return fewer

    def __contains__(self, pk: int) -> bool:
        return pk in self._by_pk

    def of(self, pk: int) -> str:
        return self._by_pk[pk]

    def number(self, name: str) -> int | None:
        """The row a name stands for; None for one that is not here (or not filled in)."""
        return self._by_name.get(name)

    def items(self) -> Iterator[tuple[int, str]]:
        return iter(self._by_pk.items())


def labels(table: Any, workspace_id: int) -> Labels:
    """The labels of all rows of a table in a workspace, by name."""
    return Labels(_named(table)(workspace_id))


@cache
def _named(table: Any) -> Worded[[int], tuple[int, str]]:
    return Worded(lambda room: table.objects.filter(workspace_id=room).order_by("name", "pk").values_list("pk", "name"))
