"""Refused rows as they stand in their file, once each, with line and reasons."""

from __future__ import annotations

from pathlib import Path

from vunnet.exchange.sent_back import sent_back


def test_each_refused_row_once_with_all_that_was_said(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text('Name;Note\nAnn;"two\nlines"\nBo;x\nCy;y\n')
    found = list(sent_back(file, [(4, "Note", "Wrong."), (2, "", "Twice here."), (4, "Name", "Unknown.")]))
    assert found == [
        ["Name", "Note", "line", "why"],
        ["Ann", "two\nlines", "2", "Twice here."],
        ["Bo", "x", "4", "Note: Wrong. Name: Unknown."],
    ]


def test_a_line_that_is_no_row_comes_without_cells(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text('Name;Note\nAnn;x\nBo;"never closed\nCy;y\n')
    assert list(sent_back(file, [(3, "", "Never closed.")]))[1] == ["", "", "3", "Never closed."]


def test_read_as_somebody_said(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("Name|Sted\nÅse|Ås\n".encode("cp1252"))
    assert list(sent_back(file, [(2, "", "No.")], encoding="cp1252", delimiter="|"))[1] == ["Åse", "Ås", "2", "No."]
