"""Five hundred contacts from a Norwegian spreadsheet, errors repaired on the way, by keyboard alone; both sizes, both languages."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Place
from tests.e2e.keyboard import Keyboard, scope_of
from tests.e2e.test_accessibility import faults
from vunnet.contacts.models import Person
from vunnet.imports.actions import carry_out
from vunnet.imports.models import Import
from vunnet.jobs.tasks import undo_import

WRONG = 3


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    chance = random.Random(7)
    lines = ["Navn;E-post;Mobil;Firma;Areal;Sist snakket"]
    for n in range(500):
        address = f"person{n}ATfirma.no" if n in (10, 200, 480) else f"person{n}@firma.no"
        lines.append(
            f"Åse Nummer{n};{address};+47 {chance.randrange(40000000, 49999999)};Firma {n % 60} Ås;1 {n:03},50;{n % 28 + 1:02}.03.2026"
        )
    file = tmp_path / "kontakter.csv"
    file.write_bytes("\r\n".join(lines).encode("cp1252"))
    return file


def test_five_hundred_contacts_with_errors_repaired(
    place: Place, hands: tuple[Keyboard, str], contacts: Path, monkeypatch: Any
) -> None:
    hand, home = hands
    page = hand.page
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr("vunnet.web.imports.views.soon_run_import", lambda *numbers: asked.append(numbers))
    monkeypatch.setattr(
        "vunnet.web.imports.views.soon_undo_import", lambda number, by: undo_import(number, by.workspace_id, by.pk)
    )
    page.goto(f"{home}/imports/")
    with page.expect_file_chooser() as chooser:
        hand.enter(page.locator("input[type=file]"))
    chooser.value.set_files(contacts)
    hand.enter(hand.role("button", "Look at the files"))
    expect(hand.role("heading", "Which column is what?")).to_be_visible()
    expect(page.locator("select[name=column-1] option:checked")).to_have_text(hand.says("E-mail"))
    assert faults(page) == []
    hand.enter(hand.role("button", "Make a field called %(header)s", header="Areal"))
    expect(page.locator("select[name=column-4] option:checked")).to_have_text("Areal")
    hand.enter(hand.role("button", "Try the whole file"))
    expect(hand.role("heading", "What the file would do")).to_be_visible()
    cells = page.locator(".repair input")
    expect(cells).to_have_count(WRONG)
    assert faults(page) == []
    for n in range(WRONG):
        hand.write(cells.nth(n), f"mended{n}@firma.no")
    hand.enter(hand.role("button", "Try again"))
    expect(page.locator(".repair input")).to_have_count(0)
    hand.enter(page.locator("form button.btn-primary"))
    page.wait_for_url("**/imports/*/")
    carry_out(*asked[0])
    page.reload()
    expect(hand.role("button", "Undo the import")).to_be_visible()
    assert faults(page) == []
    with scope_of(home):
        assert Person.objects.count() == 500
        assert Person.objects.filter(email__startswith="mended").count() == WRONG
        assert Person.objects.get(last_name="Nummer7").custom == {"areal": "1 007,50"}
    hand.enter(hand.role("link", "See the new rows"))
    expect(page.locator(".short-deals li").first).to_be_visible()
    page.go_back()
    hand.enter(hand.role("button", "Undo the import"))
    expect(page.get_by_role("status").first).to_be_visible()
    with scope_of(home):
        assert not Person.objects.filter(deleted_at__isnull=True).exists()
        assert Import.objects.get().undone_at
