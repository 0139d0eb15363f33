"""Files as they come: every encoding and delimiter, and the physical line of each refused cell."""

# ruff: noqa: DTZ001 - naive UTC is what the tables hold

from __future__ import annotations

import csv
import gzip
import io
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import example, given
from hypothesis import strategies as st

from tests.exchange.conftest import Write
from vunnet import exchange
from vunnet.exchange import limits, reading
from vunnet.exchange.reading import _carefully, _quickly, leaves_a_quote_open, load
from vunnet.exchange.refusals import CannotRead, Refusals
from vunnet.exchange.safety import survey
from vunnet.exchange.sniffing import sniff

HEADER = ["deal_id", "outcome", "created_at", "amount", "owner"]
ROWS = [
    ["1", "won", "31.01.2024", "1 234,50", "Åse Øvrebø"],
    ["2", "lost", "01.02.2024 14:05", "80 000,00", 'Said "no", then\nleft; twice'],
    ["3", "open", "", "", "Jörg Häßler"],
]


def as_text(delimiter: str, rows: list[list[str]], end: str = "\r\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("packed", [False, True])
def test_every_encoding_and_delimiter_gives_the_same_deals(
    write: Write, encoding: str, delimiter: str, packed: bool
) -> None:
    raw = as_text(delimiter, [HEADER, *ROWS]).encode(encoding)
    path = write("deals.csv.gz" if packed else "deals.csv", gzip.compress(raw) if packed else raw)
    deals = exchange.read([path]).tables["deals"].to_pylist()
    assert [deal["owner"] for deal in deals] == [row[4] for row in ROWS]
    assert [deal["amount"] for deal in deals] == [Decimal("1234.50"), Decimal("80000.00"), None]
    assert [deal["created_at"] for deal in deals] == [datetime(2024, 1, 31), datetime(2024, 2, 1, 14, 5), None]


def test_excel_s_own_hint_of_the_delimiter_is_taken(write: Write) -> None:
    path = write("deals.csv", "sep=;\r\n" + as_text(";", [HEADER, *ROWS]))
    export = exchange.read([path])
    assert export.rows_kept == 3
    assert exchange.recognise([path])[0].header_line == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_refusal_names_the_physical_line_whatever_ends_it(write: Write, end: str) -> None:
    rows = [HEADER, *ROWS, ["4", "won", "31.02.2024", "x", "Per"]]
    export = exchange.read([write("deals.csv", as_text(",", rows, end))])
    # The second deal's owner holds a line break, so the fourth deal stands in line 6.
    assert [(refused.line, refused.column, refused.value) for refused in export.refused] == [
        (6, "amount", "x"),
        (6, "created_at", "31.02.2024"),
    ]
    assert export.rows_kept == 4


def test_blank_lines_and_rows_do_not_shift_the_lines_nor_count(write: Write) -> None:
    text = "deal_id,outcome,amount\n\n1,won,5\n,,\n2,won,oops\n\n"
    export = exchange.read([write("deals.csv", text)])
    assert (export.rows_read, export.rows_kept) == (2, 2)
    assert [refused.line for refused in export.refused] == [5]


def test_a_row_without_its_identifier_and_a_second_one_are_refused_whole(write: Write) -> None:
    text = "deal_id,outcome,amount\n1,won,5\n,won,6\n1,lost,7\n2,maybe,8\n"
    export = exchange.read([write("deals.csv", text)])
    assert (export.rows_read, export.rows_kept) == (4, 1)
    assert [(refused.line, refused.column) for refused in export.refused] == [
        (3, "deal_id"),
        (4, "deal_id"),
        (5, "outcome"),
    ]
    assert "line 2" in export.refused[1].why
    assert export.tables["deals"].to_pylist()[0]["amount"] == Decimal("5.00")


def test_rows_of_another_length_are_refused_by_line_and_the_rest_is_read(write: Write) -> None:
    text = 'deal_id,outcome,owner\n1,won,"a\nb"\n2,won\n3,won,x,y\n4,won,x,,\n5,won,z\n'
    export = exchange.read([write("deals.csv", text)])
    assert [deal["deal_id"] for deal in export.tables["deals"].to_pylist()] == ["1", "4", "5"]
    assert [(refused.line, refused.why[:18]) for refused in export.refused] == [
        (4, "The row has 2 cell"),
        (5, "The row has 4 cell"),
    ]
    assert (export.rows_read, export.rows_kept) == (5, 3)


def test_a_quote_that_is_never_closed_is_named_with_its_line(write: Write) -> None:
    text = 'deal_id,outcome,owner\n1,won,a\n2,won,"b\n3,won,c\n4,won,d\n'
    export = exchange.read([write("deals.csv", text)])
    assert (export.rows_read, export.rows_kept) == (2, 1)
    assert [(refused.line, refused.why[:43]) for refused in export.refused] == [
        (3, "A quote opened in this row is never closed,")
    ]
    assert "3 lines" in export.refused[0].why


CELLS = st.text(alphabet=st.sampled_from('ab,;"\n\r |.0'), max_size=6)


@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8))
def test_the_fast_and_the_careful_reader_agree(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    path = tmp_path_factory.mktemp("both") / "deals.csv"
    path.write_text(
        as_text(",", [["deal_id", "outcome", "owner"], *map(list, rows)], "\n"), newline="", encoding="utf-8"
    )
    head = sniff(path)
    if head.header != ["deal_id", "outcome", "owner"] or head.delimiter != ",":
        return
    quick, careful = _quickly(path, "deals.csv", head), _carefully(path, "deals.csv", head, Refusals())
    if quick is not None:
        assert {name: values.to_pylist() for name, values in quick.columns.items()} == {
            name: values.to_pylist() for name, values in careful.columns.items()
        }
        rows_there = range(quick.count)
        assert quick.lines_of(rows_there) == careful.lines_of(rows_there)


@given(text=st.text(alphabet=st.sampled_from('ab,"\n1'), max_size=60))
@example(text=',1","\n1')
def test_wild_quotes_never_make_the_readers_disagree(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("wild") / "deals.csv"
    path.write_text("deal_id,outcome,owner\n" + text, newline="", encoding="utf-8")
    head = sniff(path)
    if head.header != ["deal_id", "outcome", "owner"] or head.delimiter != ",":
        return
    quick = None if leaves_a_quote_open(survey(path, "utf-8"), head) else _quickly(path, "deals.csv", head)
    careful = _carefully(path, "deals.csv", head, Refusals())
    if quick is not None:
        assert [values.to_pylist() for values in quick.columns.values()] == [
            values.to_pylist() for values in careful.columns.values()
        ]


def test_a_workbook_s_numbers_and_dates_arrive_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Salg")
        book.add_worksheet("Notes").write(0, 0, "hello")
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        sheet.write_row(0, 0, ["Pipeline 2026"])
        sheet.write_row(2, 0, ["deal_id", "outcome", "created_at", "amount", "x_size"])
        sheet.write_row(3, 0, [17, "won"])
        sheet.write_datetime(3, 2, datetime(2024, 3, 4), day)
        sheet.write_number(3, 3, 1.234)
        sheet.write_row(4, 0, [18, "lost", "05.03.2024", "1 240 000,50", True])
        sheet.write_row(5, 0, [19, "open", "32.03.2024"])
    export = exchange.read([path])
    deals = export.tables["deals"].to_pylist()
    assert [(deal["deal_id"], deal["amount"], deal["created_at"]) for deal in deals] == [
        ("17", Decimal("1.23"), datetime(2024, 3, 4)),
        ("18", Decimal("1240000.50"), datetime(2024, 3, 5)),
        ("19", None, None),
    ]
    assert [(refused.line, refused.value) for refused in export.refused] == [(6, "32.03.2024")]
    assert "Notes" in export.files[0].note


def test_lines_are_found_by_a_second_pass_only_when_something_was_refused(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans: list[str] = []
    scan = reading.records
    monkeypatch.setattr(reading, "records", lambda *args, **more: scans.append("scan") or scan(*args, **more))
    exchange.read([write("good.csv", "deal_id,outcome\n1,won\n2,lost\n")])
    assert scans == []
    exchange.read([write("bad.csv", "deal_id,outcome\n1,won\n2,perhaps\n")])
    assert scans == []  # as many lines as rows: no row can span two
    exchange.read([write("worse.csv", 'deal_id,outcome,owner\n1,won,"a\nb"\n2,perhaps,c\n')])
    assert scans == ["scan"]


def test_two_files_of_one_name_keep_their_folders_in_reports(tmp_path: Path) -> None:
    for folder, text in (("a", "deal_id,outcome\n1,won\n"), ("b", "deal_id,outcome\n2,oops\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "deals.csv").write_text(text, encoding="utf-8")
    export = exchange.read([tmp_path / "a", tmp_path / "b"])
    assert export.refused[0].file.endswith("b/deals.csv")
    assert export.rows_read == 2


def test_what_is_missing_or_empty_is_said(write: Write, tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match="does not exist"):
        exchange.read([tmp_path / "none.csv"])
    with pytest.raises(CannotRead, match="is empty"):
        exchange.read([write("empty.csv", "")])
    with pytest.raises(CannotRead, match="no files"):
        exchange.read([])


def test_many_refusals_are_listed_up_to_a_limit_and_then_counted(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REFUSALS_LISTED", 3)
    text = "deal_id,outcome,amount\n" + "".join(f"{number},won,x{number}\n" for number in range(10))
    refused = exchange.read([write("deals.csv", text)]).refused
    assert [entry.line for entry in refused] == [2, 3, 4, 0]
    assert refused[-1].why.startswith("7 more")


def test_a_sheet_counts_its_rows(write: Write) -> None:
    assert load(write("a.csv", "a,b\n1,2\n"), "a.csv", Refusals()).count == 1


def test_a_file_that_is_cut_off_inside_a_quoted_cell_loses_that_row_only(write: Write) -> None:
    export = exchange.read([write("deals.csv", 'deal_id,outcome,owner\n1,won,"a"\n2,won,"b, the la')])
    assert [deal["deal_id"] for deal in export.tables["deals"].to_pylist()] == ["1"]
    assert [(refused.line, refused.why[:16]) for refused in export.refused] == [(3, "A quote opened i")]
