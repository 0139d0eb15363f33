"""Broken and hostile files are refused quickly, with a sentence, and without taking memory."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import xlsxwriter

from tests.exchange.conftest import Write
from vunnet import exchange
from vunnet.exchange import limits
from vunnet.exchange.refusals import CannotRead
from vunnet.exchange.workbook import read as read_workbook

MEGABYTE = 1024 * 1024


@contextmanager
def little_memory(most: int = 100 * MEGABYTE, seconds: float = 10) -> Iterator[None]:
    """Python's own allocations stay below `most`; the time is generous, for a shared machine."""
    tracemalloc.start()
    begun = time.monotonic()
    try:
        yield
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < most
    assert time.monotonic() - begun < seconds


def sparse(path: Path, size: int, start: bytes, fill: bytes) -> Path:
    with path.open("wb") as file:
        file.write(start)
        for _ in range(size // MEGABYTE):
            file.write(fill * MEGABYTE)
    return path


def test_a_line_of_500_megabytes(tmp_path: Path) -> None:
    path = sparse(tmp_path / "deals.csv", 500 * MEGABYTE, b"deal_id,outcome\n1,won\n2,", b"a")
    with little_memory(), pytest.raises(CannotRead, match="line of over"):
        exchange.read([path])


def test_a_first_line_without_end(tmp_path: Path) -> None:
    path = sparse(tmp_path / "deals.csv", 20 * MEGABYTE, b"deal_id", b"a")
    with little_memory(), pytest.raises(CannotRead, match="no line end"):
        exchange.read([path])


def test_100_000_columns(write: Write) -> None:
    path = write("deals.csv", ",".join(f"c{number}" for number in range(100_000)) + "\n")
    with little_memory(), pytest.raises(CannotRead, match=r"columns; at most|no line end"):
        exchange.read([path])


def test_nul_bytes_early_and_late(write: Write) -> None:
    late = b"deal_id,outcome\n" + b"1,won\n" * 100_000 + b"\0"
    for content in (b"deal_id,outcome\n\0,won\n", late):
        with little_memory(), pytest.raises(CannotRead, match="NUL"):
            exchange.read([write("deals.csv", content)])


def test_a_packed_bomb_of_one_line_and_of_many(write: Write) -> None:
    one = gzip.compress(b"deal_id,outcome\n" + b"a" * (300 * MEGABYTE))
    many = gzip.compress(b"deal_id,outcome\n" + b"1,won\n" * (50 * MEGABYTE))
    for packed, why in ((one, "line of over"), (many, "times its size")):
        with little_memory(), pytest.raises(CannotRead, match=why):
            exchange.read([write("deals.csv.gz", packed)])


def test_a_file_that_is_too_large(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILE_BYTES", 1000)
    with pytest.raises(CannotRead, match="split it"):
        exchange.read([write("deals.csv", "deal_id,outcome\n" + "1,won\n" * 1000)])


def test_a_damaged_gzip(write: Write) -> None:
    packed = gzip.compress(b"deal_id,outcome\n" + bytes(range(48, 90)) * 50_000)
    for content in (packed[:-300], packed[:40], packed[:100] + b"\0" * 50 + packed[150:]):
        with pytest.raises(CannotRead, match="damaged gzip"):
            exchange.read([write("deals.csv.gz", content)])


def test_bytes_of_no_known_encoding(write: Write) -> None:
    with pytest.raises(CannotRead, match="neither UTF-8"):
        exchange.read([write("deals.csv", b"deal_id,outcome,owner\n1,won,\x81\x8d\xff\n")])


def test_a_cell_beyond_the_limit_is_named_by_its_line(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "1,won,x\n2,won\n" + f"3,won,{'a' * 1_500_000}\n"
    export = exchange.read([write("deals.csv", "deal_id,outcome,owner\n" + rows)])
    assert export.rows_kept == 1
    assert [refused.line for refused in export.refused] == [3, 4]
    assert "cannot be read" in export.refused[1].why


def sheet_xml(cells: str) -> dict[str, str]:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    return {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }


def workbook(path: Path, parts: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(name, text)
    return path


def test_two_cells_at_the_corners_of_a_sheet(tmp_path: Path) -> None:
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    with little_memory(), pytest.raises(CannotRead, match="stray cells"):
        exchange.read([workbook(tmp_path / "deals.xlsx", sheet_xml(cells))])


def test_the_same_workbook_without_the_far_cell_is_read(tmp_path: Path) -> None:
    rows = "".join(
        f'<row r="{line}">'
        + "".join(
            f'<c r="{column}{line}" t="inlineStr"><is><t>{text}</t></is></c>'
            for column, text in zip("AB", cells, strict=True)
        )
        + "</row>"
        for line, cells in enumerate([("deal_id", "outcome"), ("1", "won")], start=1)
    )
    assert exchange.read([workbook(tmp_path / "deals.xlsx", sheet_xml(rows))]).rows_kept == 1


def written(rows: list[tuple[int, list[tuple[str, str]]]]) -> str:
    """Rows of a sheet: line, then column and text of each cell."""
    return "".join(
        f'<row r="{line}">'
        + "".join(f'<c r="{column}{line}" t="inlineStr"><is><t>{text}</t></is></c>' for column, text in cells)
        + "</row>"
        for line, cells in rows
    )


def test_a_table_that_begins_below_and_beside_the_corner_keeps_its_lines(tmp_path: Path) -> None:
    rows = [
        (3, [("B", "deal_id"), ("C", "outcome")]),
        (4, [("B", "1"), ("C", "won")]),
        (6, [("B", "2"), ("C", "sold")]),
    ]
    export = exchange.read([workbook(tmp_path / "deals.xlsx", sheet_xml(written(rows)))])
    assert export.rows_kept == 1
    assert [(refused.line, refused.value) for refused in export.refused] == [(6, "sold")]


def test_a_large_sheet_is_packed_as_it_is_read_and_a_million_rows_are_not_too_many(tmp_path: Path) -> None:
    count = 60_000
    rows = [(line, [(column, f"value {column}{line}") for column in "ABCDEFGHIJ"]) for line in range(1, count + 1)]
    path = workbook(tmp_path / "people.xlsx", sheet_xml(written(rows)))
    with zipfile.ZipFile(path) as packed:
        unpacked = sum(entry.file_size for entry in packed.infolist())
    assert unpacked * 1_000_000 / count < limits.SHEET_BYTES
    with little_memory(40 * MEGABYTE, seconds=60):
        book = read_workbook(path)
    assert len(book.lines) == count - 1
    assert book.columns["value J1"][-1].as_py() == f"value J{count}"


def test_a_zip_bomb_that_calls_itself_a_workbook(tmp_path: Path) -> None:
    parts = sheet_xml("")
    parts["xl/worksheets/sheet1.xml"] += " " * (200 * MEGABYTE)
    with pytest.raises(CannotRead, match="times its size"):
        exchange.read([workbook(tmp_path / "deals.xlsx", parts)])


def test_a_zip_that_lies_about_its_size(tmp_path: Path) -> None:
    path = workbook(tmp_path / "deals.xlsx", sheet_xml("") | {"xl/big.xml": " " * (200 * MEGABYTE)})
    raw = bytearray(path.read_bytes())
    for place in range(len(raw) - 46):
        if raw[place : place + 4] == b"PK\x01\x02" and b"xl/big.xml" in raw[place : place + 60]:
            raw[place + 24 : place + 28] = (10).to_bytes(4, "little")
    path.write_bytes(raw)
    with little_memory(), pytest.raises(CannotRead, match="times its size"):
        exchange.read([path])


def test_a_workbook_with_a_broken_part_is_refused_with_a_cure(tmp_path: Path) -> None:
    path = workbook(tmp_path / "deals.xlsx", sheet_xml("<row r='1'><c r='A1'><v>1</v></c></row>"))
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    with pytest.raises(CannotRead, match="save it"):
        exchange.read([path])


def test_an_encrypted_or_oddly_packed_part_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as book:
        for name, text in sheet_xml("").items():
            book.writestr(name, text)
    with pytest.raises(CannotRead, match="unusual"):
        exchange.read([path])


def test_an_xml_entity_bomb_does_not_grow(tmp_path: Path) -> None:
    entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    cells = "".join(
        f'<row r="{line}"><c r="A{line}" t="inlineStr"><is><t>{a}</t></is></c>'
        f'<c r="B{line}" t="inlineStr"><is><t>{b}</t></is></c></row>'
        for line, (a, b) in enumerate([("deal_id", "outcome"), ("&i;", "won")], start=1)
    )
    parts = sheet_xml(cells)
    parts["xl/worksheets/sheet1.xml"] = entities + "]>" + parts["xl/worksheets/sheet1.xml"]
    with little_memory():
        try:
            export = exchange.read([workbook(tmp_path / "deals.xlsx", parts)])
        except CannotRead:
            return
    assert len(export.tables["deals"].to_pylist()[0]["deal_id"]) < 100


def test_one_bad_file_does_not_take_the_others_with_it(write: Write) -> None:
    good = write("deals.csv", "deal_id,outcome\n1,won\n")
    bad = write("visits.csv", b"\0\0\0")
    export = exchange.read([good, bad])
    assert export.rows_kept == 1
    assert [(refused.file, refused.line) for refused in export.refused] == [("visits.csv", 0)]


def test_a_workbook_of_ordinary_size_is_fast(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["deal_id", "outcome", "amount"])
        for line in range(1, 5_001):
            sheet.write_row(line, 0, [line, "won", line * 1.5])
    assert exchange.read([path]).rows_kept == 5_000
