"""`vunnet export` and `vunnet restore`, as they are called."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from vunnet.cli import export, restore
from vunnet.deals.models import Deal
from vunnet.lib.errors import RuleBroken
from vunnet.workspaces import walls
from vunnet.workspaces.models import Member


@pytest.fixture(autouse=True)
def there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django and the database stand already."""
    for command in (export, restore):
        monkeypatch.setattr(command, "surroundings", nullcontext)


def test_a_workspace_goes_out_and_in(house: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    house.deal()
    out = tmp_path / "a.zip"
    with pytest.raises(RuleBroken, match="Say which workspace"):
        export.export(out)
    export.export(out, house.workspace.slug)
    with pytest.raises(RuleBroken, match="is there already"):
        export.export(out, house.workspace.slug)
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
    with pytest.raises(RuleBroken, match="Nobody signs in as"):
        restore.restore(out, "nobody@example.org")
    restore.restore(out, "Mallory@example.org")
    assert "Fjellvarme stands at /w/fjellvarme-" in capsys.readouterr().out
    with walls.scope(user_id=house.mallory.user_id):
        places = Member.objects.filter(user_id=house.mallory.user_id).exclude(pk=house.mallory.pk)
        made = places.get().workspace_id
    with walls.scope(workspace_id=made):
        assert Deal.objects.get().name == "Heat pump"


def test_what_cannot_be_read_is_said(house: Any, tmp_path: Path) -> None:
    with pytest.raises(RuleBroken, match="There is no file"):
        restore.restore(tmp_path / "none.zip", "alice@example.org")
    (tmp_path / "x.zip").write_bytes(b"x")
    with pytest.raises(RuleBroken, match="not an archive"):
        restore.restore(tmp_path / "x.zip", "alice@example.org")
