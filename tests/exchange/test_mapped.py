"""Any table by a map: outcomes by value or presence, look-ups, event logs, and maps that are wrong."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.exchange.conftest import Write, by_id
from vunnet import exchange
from vunnet.exchange.refusals import CannotRead

LOG = """case,activity,lifecycle,timestamp,resource,amount,goal
7,A_SUBMITTED,COMPLETE,2011-10-01T00:38:44.546+02:00,112,15500,Car
7,W_Call,START,2011-10-01T11:00:00+02:00,10862,,
7,W_Call,COMPLETE,2011-10-01T11:05:00+02:00,10862,,
7,A_ACCEPTED,COMPLETE,2011-10-02T11:05:00+02:00,10862,15500,Car
7,W_Robot,START,2011-10-02T12:00:00+02:00,112,,
7,A_APPROVED,COMPLETE,2011-10-13T10:37:29+02:00,10629,15500,Car
8,A_SUBMITTED,COMPLETE,2011-10-02T08:00:00+02:00,112,5000,Home
8,A_DECLINED,COMPLETE,2011-10-02T08:05:00+02:00,112,5000,Home
9,W_Call,START,2011-10-03T08:00:00+02:00,10862,,
9,A_SUBMITTED,COMPLETE,2011-10-03T09:00:00+02:00,112,6000,
"""
LOG_MAP = """
[visits]
file = "log.csv"
deal_id = "case"
stage = "activity"
entered_at = "timestamp"
amount = "amount"
x_goal = "goal"
keep = ["A_SUBMITTED", "A_ACCEPTED"]
[touches]
file = "log.csv"
deal_id = "case"
at = "timestamp"
member = "resource"
where = [
  { column = "activity", starts_with = "W_" },
  { column = "lifecycle", is = "START" },
  { column = "resource", is_not = ["112"] },
]
[outcome_from_visits]
won = ["A_APPROVED"]
lost = ["A_DECLINED"]
cancelled = ["A_CANCELLED"]
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def by_map(write: Write, toml: str, **files: str) -> exchange.Export:
    paths = [write(f"{name}.csv", text) for name, text in files.items()]
    return exchange.read(paths, map_path=write("map.toml", toml))


def deals_map(extra: str = "", outcome: str = '{ column = "state", won = ["Won"], lost = ["Lost"] }') -> str:
    return f'[deals]\nfile = "deals.csv"\ndeal_id = "id"\noutcome = {outcome}\n{extra}'


def test_a_log_alone_makes_deals_visits_and_touches(write: Write) -> None:
    export = by_map(write, LOG_MAP, log=LOG)
    deals = by_id(export.tables["deals"])
    assert (deals["7"]["outcome"], deals["7"]["created_at"], deals["7"]["closed_at"]) == (
        "won",
        at("2011-09-30 22:38:44.546"),
        at("2011-10-13 08:37:29"),
    )
    assert (deals["7"]["amount"], deals["7"]["x_goal"], deals["7"]["stage"]) == (
        Decimal("15500.00"),
        "Car",
        "A_ACCEPTED",
    )
    assert (deals["8"]["outcome"], deals["8"]["closed_at"], deals["8"]["stage"]) == (
        "lost",
        at("2011-10-02 06:05"),
        "A_SUBMITTED",
    )
    # A deal begins with its first event, also where that is no stage.
    assert (deals["9"]["outcome"], deals["9"]["created_at"]) == ("open", at("2011-10-03 06:00"))
    assert [
        (visit["deal_id"], visit["stage"], visit["next_stage"]) for visit in export.tables["visits"].to_pylist()
    ] == [
        ("7", "A_SUBMITTED", "A_ACCEPTED"),
        ("7", "A_ACCEPTED", None),
        ("8", "A_SUBMITTED", None),
        ("9", "A_SUBMITTED", None),
    ]
    assert [(touch["deal_id"], touch["member"]) for touch in export.tables["touches"].to_pylist()] == [
        ("7", "10862"),
        ("9", "10862"),
    ]
    assert [stage["stage"] for stage in export.tables["stages"].to_pylist()] == ["A_SUBMITTED", "A_ACCEPTED"]
    assert (export.rows_read, export.rows_kept) == (10, 10)


def test_a_log_s_bad_rows_are_refused_once_though_two_sections_read_them(write: Write) -> None:
    log = LOG + "10,W_Call,START,,10862,,\n,W_Call,START,2011-10-03T08:00:00+02:00,10862,,\n"
    export = by_map(write, LOG_MAP, log=log)
    assert sorted({refused.line for refused in export.refused}) == [12, 13]
    assert (export.rows_read, export.rows_kept) == (12, 10)


def test_deals_beside_a_log_take_their_outcome_from_it(write: Write) -> None:
    toml = '[deals]\nfile = "deals.csv"\ndeal_id = "id"\nowner = "who"\n' + LOG_MAP
    export = by_map(write, toml, deals="id,who\n7,Kari\n8,Per\n9,Ola\n5,Liv\n", log=LOG)
    deals = by_id(export.tables["deals"])
    assert {key: deal["outcome"] for key, deal in deals.items()} == {"7": "won", "8": "lost", "9": "open", "5": "open"}
    assert deals["7"]["closed_at"] == at("2011-10-13 08:37:29")


def test_outcome_by_value_whatever_its_case_and_a_value_that_never_occurs_is_said(write: Write) -> None:
    outcome = '{ column = "state", won = ["won"], lost = ["LOST", "Gone"], cancelled = ["Dropped"] }'
    export = by_map(write, deals_map(outcome=outcome), deals="id,state\n1,Won\n2,lost\n3,dropped\n4,\n5,New\n")
    assert export.tables["deals"]["outcome"].to_pylist() == ["won", "lost", "cancelled", "open", "open"]
    assert any('"gone"' in sentence and "never" in sentence for sentence in export.not_recorded)


def test_outcome_by_which_date_is_filled(write: Write) -> None:
    outcome = '{ won_when_present = "won on", lost_when_present = "lost on" }'
    rows = "1,2024-01-05,\n2,,2024-02-05\n3,,\n4,2024-01-05,2024-02-05\n"
    export = by_map(write, deals_map(outcome=outcome), deals="id,won on,lost on\n" + rows)
    deals = by_id(export.tables["deals"])
    assert {key: (deal["outcome"], deal["closed_at"]) for key, deal in deals.items()} == {
        "1": ("won", at("2024-01-05")),
        "2": ("lost", at("2024-02-05")),
        "3": ("open", None),
    }
    assert [refused.line for refused in export.refused] == [5]


def test_look_ups_chain_and_keep_rows_without_a_match(write: Write) -> None:
    toml = deals_map(
        'owner = "rep"\nteam = "boss"\nx_town = "town"\n'
        '[deals.join.reps]\nfile = "reps.csv"\non = { left = "rep", right = "name" }\n'
        '[deals.join.bosses]\nfile = "bosses.csv"\non = "boss"\n'
        '[deals.replace.owner]\n"K." = "Kari"\n'
    )
    export = by_map(
        write,
        toml,
        deals="id,state,rep\n1,Won,K.\n2,Lost,Per\n3,New,\n",
        reps="name,boss\nKari,Liv\nKari,Odd\n",
        bosses="boss,town\nLiv,Bergen\n",
    )
    assert [(deal["owner"], deal["team"], deal["x_town"]) for deal in export.tables["deals"].to_pylist()] == [
        ("Kari", "Liv", "Bergen"),
        ("Per", None, None),
        (None, None, None),
    ]
    assert [(refused.file, refused.line) for refused in export.refused] == [("reps.csv", 3)]
    assert (export.rows_read, export.rows_kept) == (3, 3)
    assert next(file.note for file in export.files if file.file == "reps.csv").startswith("1 rows have a rep")


def test_a_file_without_header_gz_zone_and_stated_conventions(write: Write) -> None:
    toml = deals_map('created_at = "opened"\namount = "sum"\nheader = ["id", "state", "opened", "sum"]\n')
    toml += 'dates = "month first"\ndecimal = "comma"\n'
    write("deals.csv", '1,Won,3/4/2024,"1.234"\n2,Lost,3/5/2024 10:00,"1,5"\n')
    export = exchange.read([], map_path=write("map.toml", toml), time_zone="Europe/Oslo")
    assert [(deal["created_at"], deal["amount"]) for deal in export.tables["deals"].to_pylist()] == [
        (at("2024-03-03 23:00"), Decimal("1234.00")),
        (at("2024-03-05 09:00"), Decimal("1.50")),
    ]
    assert export.refused == []


def test_an_open_deal_s_closing_date_is_expected_and_a_closing_before_the_opening_is_refused(write: Write) -> None:
    toml = deals_map('created_at = "opened"\nclosed_at = "closed"\n')
    rows = "1,New,2024-01-05,2024-09-01\n2,Won,2024-01-05,2024-01-04\n3,Won,2024-01-05 15:00,2024-01-05\n"
    export = by_map(write, toml, deals="id,state,opened,closed\n" + rows)
    deals = by_id(export.tables["deals"])
    assert deals["1"]["closed_at"] is None
    assert deals["1"]["expected_close_on"].isoformat() == "2024-09-01"
    assert (deals["2"]["outcome"], deals["2"]["closed_at"]) == ("won", None)
    assert deals["3"]["closed_at"] == at("2024-01-05")  # a date without hour, on the day of opening
    assert [(refused.line, refused.column) for refused in export.refused] == [(3, "closed")]


def test_the_calendar_day_is_that_of_the_workspace(write: Write) -> None:
    toml = deals_map('created_at = "opened"\nclosed_at = "closed"\n')
    path = write(
        "deals.csv", "id,state,opened,closed\n1,Won,2024-01-04T23:30:00Z,2024-01-05\n2,New,2024-01-01,2024-01-05\n"
    )
    export = exchange.read([path], map_path=write("map.toml", toml), time_zone="Europe/Oslo")
    deals = by_id(export.tables["deals"])
    assert deals["1"]["closed_at"] == at("2024-01-04 23:00")
    assert deals["2"]["expected_close_on"].isoformat() == "2024-01-05"
    assert export.refused == []


def test_files_the_map_does_not_name_are_said_to_be_unread(write: Write) -> None:
    export = by_map(write, deals_map(), deals="id,state\n1,Won\n", notes="a,b\n1,2\n")
    assert [file.note for file in export.files if file.file == "notes.csv"] == [
        "map.toml does not name this file, so it was not read."
    ]


@pytest.mark.parametrize(
    ("toml", "why"),
    [
        ("[deals", "not valid TOML"),
        ("", "neither"),
        ("[leads]\n", "leads is not known"),
        ('[deals]\ndeal_id = "id"\n', "needs outcome"),
        ('[deals]\nfile = "deals.csv"\noutcome = { column = "state" }\n', "deal_id is missing"),
        (deals_map('colour = "x"\n'), "colour is not known"),
        (deals_map(outcome='{ won = ["x"] }'), "needs either column"),
        (deals_map(outcome='{ column = "state", wno = ["x"] }'), "wno is not known"),
        (deals_map('owner = "seller"\n'), 'no column "seller"; there are id, state'),
        (deals_map('[deals.join.reps]\nfile = "reps.csv"\n'), "on is missing"),
        (deals_map('[deals.join.reps]\nfile = "reps.csv"\non = "id"\n'), "reps.csv is neither among"),
        (deals_map('dates = "day last"\n'), "dates must be one of"),
        (deals_map('where = [{ column = "state" }]\n'), "needs column and one of"),
        (deals_map() + '[outcome_from_visits]\nwon = ["x"]\n', "needs a [visits]"),
        (deals_map("amount = 5\n"), "amount must be a text"),
    ],
)
def test_a_wrong_map_is_refused_with_the_place_and_what_may_stand_there(write: Write, toml: str, why: str) -> None:
    with pytest.raises(CannotRead) as caught:
        by_map(write, toml, deals="id,state\n1,Won\n")
    assert why in str(caught.value)


def test_a_missing_map_is_said(write: Write, tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match="does not exist"):
        exchange.read([write("deals.csv", "a\n1\n")], map_path=tmp_path / "none.toml")
    with pytest.raises(CannotRead, match="needs a map"):
        exchange.read([write("deals.csv", "a\n1\n")], source="csv")


def test_other_sections_fill_their_tables(write: Write) -> None:
    toml = deals_map() + (
        '[members]\nfile = "team.csv"\ndeal_id = "deal"\nmember = "who"\nshare = "part"\n'
        '[lines]\nfile = "team.csv"\ndeal_id = "deal"\nproduct = "thing"\nquantity = "n"\n'
    )
    team = "deal,who,part,thing,n\n1,Kari,60 %,Oven,2\n1,Per,40 %,Fan,\n,Per,1,,\n"
    export = by_map(write, toml, deals="id,state\n1,Won\n", team=team)
    assert [(row["member"], row["share"]) for row in export.tables["members"].to_pylist()] == [
        ("Kari", 0.6),
        ("Per", 0.4),
    ]
    assert [(row["product"], row["quantity"]) for row in export.tables["lines"].to_pylist()] == [
        ("Oven", 2.0),
        ("Fan", None),
    ]
    assert {refused.line for refused in export.refused} == {4}
