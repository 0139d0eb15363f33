"""The house rules of ARCHITECTURE.md and STYLE.md, on the house itself and on small houses that break them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import architecture_rules as rules

ROOT = Path(__file__).parent.parent
Rule = Callable[[Path], list[str]]

BROKEN: list[tuple[Rule, str, str]] = [
    (rules.forbidden_names, "src/vunnet/deals/utils.py", ""),
    (rules.forbidden_names, "src/vunnet/services/mail.py", ""),
    (rules.forbidden_names, "src/vunnet/web/templates/base.html", ""),
    (rules.long_files, "src/vunnet/deals/actions.py", "x = 1\n" * 401),
    (rules.save_overrides, "src/vunnet/deals/models.py", "class Deal(Model):\n    def save(self): ...\n"),
    (rules.signals, "src/vunnet/deals/apps.py", "def ready():\n    from django.dispatch import receiver\n"),
    (rules.signals, "src/vunnet/deals/apps.py", "from django.db.models.signals import post_save\n"),
    (rules.generic_keys, "src/vunnet/deals/models.py", "from django.contrib.x import GenericForeignKey\n"),
    (rules.impure_rooms, "src/vunnet/analysis/funnel.py", "def f():\n    import django.db\n"),
    (rules.impure_rooms, "src/vunnet/lib/money.py", "from django import forms\n"),
    (rules.clocks, "src/vunnet/analysis/funnel.py", "def f():\n    return datetime.now()\n"),
    (rules.clocks, "src/vunnet/charts/bars.py", "def f():\n    return dt.date.today()\n"),
    (rules.long_views, "src/vunnet/web/deals/views.py", "def board(request):\n" + "    x = 1\n" * 29),
]
KEPT: list[tuple[Rule, str, str]] = [
    (rules.forbidden_names, "src/vunnet/web/static/dist/base.css", ""),
    (rules.long_files, "src/vunnet/deals/actions.py", "x = 1\n" * 400),
    (rules.save_overrides, "src/vunnet/web/deals/forms.py", "class DealForm(ModelForm):\n    def save(self): ...\n"),
    (rules.impure_rooms, "src/vunnet/deals/models.py", "from django.db import models\n"),
    (rules.clocks, "src/vunnet/analysis/funnel.py", "def f(horizon):\n    return horizon.now()\n"),
    (rules.clocks, "src/vunnet/jobs/daily.py", "def f():\n    return datetime.now()\n"),
    (rules.long_views, "src/vunnet/web/deals/views.py", "def board(request):\n" + "    x = 1\n" * 28),
]
EVERY_RULE = sorted({rule for rule, _, _ in BROKEN}, key=lambda rule: rule.__name__)


def _house(root: Path, name: str, text: str) -> Path:
    (root / name).parent.mkdir(parents=True)
    (root / name).write_text(text)
    return root


@pytest.mark.parametrize("rule", EVERY_RULE, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: Rule) -> None:
    assert rule(ROOT) == []


@pytest.mark.parametrize(("rule", "name", "text"), BROKEN, ids=lambda part: getattr(part, "__name__", None))
def test_a_rule_sees_what_breaks_it(rule: Rule, name: str, text: str, tmp_path: Path) -> None:
    assert rule(_house(tmp_path, name, text))


@pytest.mark.parametrize(("rule", "name", "text"), KEPT, ids=lambda part: getattr(part, "__name__", None))
def test_a_rule_leaves_alone_what_keeps_it(rule: Rule, name: str, text: str, tmp_path: Path) -> None:
    assert rule(_house(tmp_path, name, text)) == []


def test_every_room_has_a_place() -> None:
    assert rules.homeless(ROOT) == []


def test_a_new_room_without_a_place_is_found(tmp_path: Path) -> None:
    house = _house(tmp_path, "src/vunnet/loyalty/models.py", "")
    (house / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    assert rules.homeless(house) == ["src/vunnet/loyalty has no place in the import contracts"]


def test_the_contracts_are_the_column_that_the_page_draws() -> None:
    assert rules.misplaced(ROOT) == []


def test_a_column_in_another_order_is_found(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    page = (ROOT / "ARCHITECTURE.md").read_text()
    assert "deals → contacts" in page
    (tmp_path / "ARCHITECTURE.md").write_text(page.replace("deals → contacts", "contacts → deals"))
    assert rules.misplaced(tmp_path)


def test_every_place_outside_the_column_is_drawn_in_the_page() -> None:
    _, beside = rules.places(ROOT)
    page = (ROOT / "ARCHITECTURE.md").read_text()
    assert [room for room in beside if room not in page] == []
