"""A workbook of several sheets, one of which is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from vunnet.exchange import CannotRead, chosen, workbook


def test_a_sheet_of_a_workbook_is_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import xlsxwriter

    path = tmp_path / "two.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for title, rows in (
            ("Firmaer", [["Firma"], ["Nord AS"]]),
            ("Folk", [["Navn", "E-post"], ["Åse Moe", "ase@moe.no"]]),
        ):
            sheet = book.add_worksheet(title)
            for n, row in enumerate(rows):
                sheet.write_row(n, 0, row)
    read, real = [], workbook.CalamineWorkbook.from_path
    monkeypatch.setattr(
        workbook,
        "CalamineWorkbook",
        type("Counted", (), {"from_path": lambda given: read.append(given) or real(given)}),
    )
    assert chosen.sheets(path) == ["Firmaer", "Folk"]
    assert chosen.head(path).header == ["Firma"]
    assert chosen.head(path, chosen.Choice("people", {}, sheet="Folk")).header == ["Navn", "E-post"]
    assert len(read) == 1  # however often a page asks
    with pytest.raises(CannotRead, match="no sheet called Nei"):
        chosen.head(path, chosen.Choice("people", {}, sheet="Nei"))
    choice = chosen.Choice("people", {"Navn": "name", "E-post": "email"}, sheet="Folk")
    assert chosen.read_chosen(path, choice, zone="UTC").table["email"].to_pylist() == ["ase@moe.no"]
