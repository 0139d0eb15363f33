from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from tests.analysis.rows import MAVEN
from vunnet.cli.analyze import analyze

MAP = Path(__file__).resolve().parents[2] / "docs" / "examples" / "maven.toml"
DEALS = """id,state,opened,closed,worth,who
a,Won,2026-01-01,2026-01-20,100,Ann
b,Lost,2026-01-02,2026-01-09,50,Bo
c,Open,2026-01-03,,70,Ann
d,Won,2026-01-04,2026-02-30,10,<script>alert(1)</script>
"""
SMALL_MAP = """
[deals]
file = "deals.csv"
deal_id = "id"
created_at = "opened"
closed_at = "closed"
amount = "worth"
owner = "who"
outcome = { column = "state", won = ["Won"], lost = ["Lost"], cancelled = [] }
"""


def run(*arguments: object) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(analyze)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])  # type: ignore[return-value]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    (tmp_path / "deals.csv").write_text(DEALS, encoding="utf-8")
    (tmp_path / "map.toml").write_text(SMALL_MAP, encoding="utf-8")
    return tmp_path


@pytest.fixture
def maven(tmp_path: Path) -> Path:
    if not MAVEN.exists():
        pytest.skip(f"Maven's files are not at {MAVEN}")
    files = [MAVEN / "sales_pipeline.csv", MAVEN / "sales_teams.csv", "--map", MAP]
    days = ["--observed-from", "2017-03-01", "--as-of", "2017-12-31"]
    done = run(*files, *days, "--out", tmp_path / "report.html", "--json", tmp_path / "result.json")
    assert done.exit_code == 0, done.output
    (tmp_path / "printed.txt").write_text(done.stdout, encoding="utf-8")
    return tmp_path


def test_what_was_refused_is_said_in_the_readers_language(small: Path) -> None:
    done = run(small / "deals.csv", "--map", small / "map.toml", "--language", "nb", "--out", small / "report.html")
    assert done.exit_code == 0, done.output
    for told in (" ".join(done.stdout.split()), (small / "report.html").read_text(encoding="utf-8")):
        assert "deals.csv, linje 5, closed" in told
        assert "En slik dag eller et slikt klokkeslett finnes ikke" in told
    (small / "deals.csv").write_text("")
    failed = run(small / "deals.csv", "--map", small / "map.toml", "--language", "nb")
    assert (failed.exit_code, "deals.csv er tom." in failed.output) == (2, True)


class Page(HTMLParser):
    """The tags of a page, which must close, and its ids and addresses."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "xlink:href")]


def test_maven_is_read_as_it_was_published(maven: Path) -> None:
    found = json.loads((maven / "result.json").read_text(encoding="utf-8"))
    counts = found["counts"]
    assert found["rows"]["read"] == found["rows"]["kept"] == counts["deals"] == 8800
    assert (counts["won"], counts["lost"], counts["open"], counts["not_opened"]) == (4238, 2473, 1589, 500)
    assert found["won"]["value"] == 10_005_534
    assert sum(limit["stale"] for limit in counts["stale_limits"]) == counts["stale"] > 0
    assert round(found["win_rate"]["by_count"]["rate"], 4) == 0.6315
    assert found["time_to_close"]["delayed_entry"] is True
    assert {row["days"]: round(row["share"], 4) for row in found["time_to_close"]["won"]}[30] == 0.2473
    assert set(found["segments"]) >= {"product", "owner", "team", "x_region"}
    assert found["cohorts_compared"]["months"] == 9
    assert found["cohorts_compared"]["verdict"].startswith("differs")
    assert "while they are open" in found["drivers"]["not_recorded"]


def test_the_report_carries_everything_with_it(maven: Path) -> None:
    text = (maven / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert "img" not in page.tags
    assert page.addresses
    assert {address.removeprefix("#") for address in page.addresses} <= set(re.findall(r" id='([^']*)'", text))
    figures = [part.split("</section>")[0] for part in text.split("<section class='fig'>")[1:]]
    for part in [one for one in figures if "Not recorded: " not in one]:
        line = part.split("<p class='standing num'>")[1].split("</p>")[0]
        assert re.match(
            r"<a href='#means-[a-z]+'>Definition</a> · [^·]+ · n = \d[^·]* · all deals · as of 31 Dec 2017", line
        )
    assert "closed deals · n = 6\u202f711 · " in text
    for title in ("Won deals by seller", "Won deals by quarter"):
        assert f"<h2>{title}</h2>" in text
    assert "style=" not in text.replace("</style>", "")
    assert page.tags.count("h1") == 1
    assert (
        page.tags.count("table") == page.tags.count("details") >= 8
    )  # velocity is a table without a picture, the words' meanings are details without a table
    for said in (
        "63",
        "as of 31 Dec 2017",
        "records from 1 Mar 2017",
        "8\u202f800 deals: 500 not opened",
        "open deals are stale: open for over",
        "The 5 largest carry 1% of the value. Read the median, not the mean.",
        "4\u202f238 of 6\u202f711 closed deals were won.",
    ):
        assert said in text


def test_the_summary_fits_eighty_columns(maven: Path) -> None:
    printed = (maven / "printed.txt").read_text(encoding="utf-8").splitlines()
    assert max(map(len, printed)) <= 80
    assert any("63.2%" in line and "4\u202f238 of 6\u202f711 closed" in line for line in printed)


def told(text: str) -> str:
    return " ".join(text.split())


def test_the_terminal_tells_every_finding_of_the_report(maven: Path) -> None:
    printed = told((maven / "printed.txt").read_text(encoding="utf-8"))
    page = unescape((maven / "report.html").read_text(encoding="utf-8"))
    figures = [part.split("</section>")[0] for part in page.split("<section class='fig'>")[1:]]
    findings = [re.findall(r"<h2>(.*?)</h2>.*?<p class='say'>(.*?)</p>", part) for part in figures]
    apart = ("No evidence that the win rate differs by", "Won deals by")  # in one table each, not a title each
    shown = [pair for found in findings for pair in found if not pair[0].startswith(apart)]
    assert len(shown) > 12
    for title, sentence in shown:
        if sentence.startswith("Not recorded: "):
            assert told(sentence.removeprefix("Not recorded: ").rstrip(".")) in printed, title
        else:
            assert told(title) in printed
            assert told(sentence) in printed


def why_not(found: object) -> set[str]:
    """Every reason in the JSON, but what nobody asked for."""
    if isinstance(found, list):
        return {why for one in found for why in why_not(one)}
    if not isinstance(found, dict):
        return set()
    own = {found["not_recorded"]} if isinstance(found.get("not_recorded"), str) else set()
    asked = {name: part for name, part in found.items() if name not in ("before", "comparison")}
    return own | {why for part in asked.values() for why in why_not(part)}


@pytest.mark.parametrize(
    "columns", [("created_at", "closed_at", "amount", "owner"), ("amount", "owner"), ("owner",), ()]
)
def test_what_is_not_recorded_is_said_once_with_its_reason(small: Path, columns: tuple[str, ...]) -> None:
    dropped = {"created_at", "closed_at", "amount", "owner"} - set(columns)
    lines = [line for line in SMALL_MAP.splitlines() if line.split(" =")[0] not in dropped]
    (small / "map.toml").write_text("\n".join(lines), encoding="utf-8")
    rows = [f"{n},{'Won' if n % 3 else 'Lost'},2026-01-0{n % 9 + 1},2026-02-{n % 28 + 1:02},{n},A" for n in range(40)]
    (small / "deals.csv").write_text("\n".join(["id,state,opened,closed,worth,who", *rows]), encoding="utf-8")
    done = run(small / "deals.csv", "--map", small / "map.toml", "--json", small / "r.json", "--out", small / "r.html")
    assert done.exit_code == 0, done.output
    printed = told(done.stdout.split("Not recorded")[1])
    reasons = why_not(json.loads((small / "r.json").read_text(encoding="utf-8")))
    assert len(reasons) > 4
    assert {why: printed.count(f": {told(why)}") for why in reasons} == dict.fromkeys(reasons, 1)


def test_bokmal_from_title_to_table(small: Path) -> None:
    out = small / "rapport.html"
    done = run(small / "deals.csv", "--map", small / "map.toml", "--language", "nb", "--out", out)
    assert done.exit_code == 0, done.output
    text = out.read_text(encoding="utf-8")
    assert "<html lang='nb'>" in text
    text = text.replace("deals.csv", "")
    assert "Vinnrate" in text
    assert "Vis som tabell" in text
    assert not re.search(
        r"\b(won|deals|Stage|days)\b", re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)
    )


def test_the_latest_date_is_as_of_when_none_is_given_and_that_is_said(small: Path) -> None:
    out, result = small / "report.html", small / "result.json"
    done = run(small / "deals.csv", "--map", small / "map.toml", "--out", out, "--json", result)
    assert done.exit_code == 0, done.output
    assert json.loads(result.read_text(encoding="utf-8"))["as_of"] == "2026-01-20"
    assert "(the latest date in the data)" in out.read_text(encoding="utf-8")


def test_dates_to_come_move_nothing_and_are_counted(small: Path) -> None:
    """A deal opened in 2099, and an open one whose closing is planned for 2030."""
    more = "x,Open,2099-01-01,,10,Ann\ny,Open,2026-01-05,2030-01-01,10,Ann\n"
    (small / "deals.csv").write_text(DEALS + more, encoding="utf-8")
    out, result = small / "report.html", small / "result.json"
    done = run(small / "deals.csv", "--map", small / "map.toml", "--out", out, "--json", result)
    assert done.exit_code == 0, done.output
    found = json.loads(result.read_text(encoding="utf-8"))
    assert (found["as_of"], found["rows"]["after_as_of"], found["counts"]["deals"]) == ("2026-01-20", 1, 5)
    for told in (out.read_text(encoding="utf-8"), " ".join(done.stdout.split())):
        assert "(the latest date in the data up to today)" in told
        assert "1 row carries a date after that day; what happened then is not seen." in told


def test_a_file_without_rows_is_named(small: Path) -> None:
    (small / "deals.csv").write_text(DEALS.splitlines()[0] + "\n", encoding="utf-8")
    done = run(small / "deals.csv", "--map", small / "map.toml")
    assert (done.exit_code, "deals.csv: there are no rows below the header" in done.stderr) == (2, True)


def test_of_one_deal_nothing_is_said_but_that(small: Path) -> None:
    (small / "deals.csv").write_text("\n".join(DEALS.splitlines()[:2]) + "\n", encoding="utf-8")
    out = small / "report.html"
    done = run(small / "deals.csv", "--map", small / "map.toml", "--out", out)
    assert done.exit_code == 0, done.output
    plain = re.sub(
        r"<style>.*?</style>|<svg.*?</svg>|<table>.*?</table>|<[^>]+>",
        " ",
        out.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    assert "100%" not in plain
    assert "Win rate by value" not in done.stdout
    assert "Only 1 deal was opened: too few to say." in plain or "only 1 deal was opened: too few to say" in plain


def test_the_landmark_day_is_chosen_or_refused(small: Path) -> None:
    lines = [
        f"{n},{'Won' if n % 3 else 'Lost'},2026-01-0{n % 9 + 1},2026-02-{n % 28 + 1:02},1,{n % 2}" for n in range(90)
    ]
    (small / "deals.csv").write_text("\n".join(["id,state,opened,closed,worth,who", *lines]), encoding="utf-8")
    (small / "map.toml").write_text(SMALL_MAP.replace("owner =", "source ="), encoding="utf-8")
    asked = (small / "deals.csv", "--map", small / "map.toml", "--as-of", "2026-12-31", "--json", small / "result.json")
    done = run(*asked, "--landmark", 14)
    assert done.exit_code == 0, done.output
    found = json.loads((small / "result.json").read_text(encoding="utf-8"))["drivers"]
    assert {row["landmark_days"] for row in found} == {14}
    refused = run(*asked, "--landmark", 10)
    assert (refused.exit_code, "--landmark 10 is not known; the landmark day is 7, 14 or 30" in refused.output) == (
        2,
        True,
    )


def test_when_a_company_first_bought_is_taken_from_the_column_the_map_names(small: Path) -> None:
    lines = [f"{n},Lost,2026-01-05,2026-02-01,1,C{n % 2},{'2019-05-01' if n % 2 else '2026-03-01'}" for n in range(8)]
    rows = ["id,state,opened,closed,worth,firm,since", *lines, "9,Lost,2026-01-05,2026-02-01,1,C3,soon"]
    (small / "deals.csv").write_text("\n".join(rows), encoding="utf-8")
    (small / "map.toml").write_text(
        SMALL_MAP.replace('owner = "who"', 'company = "firm"\ncustomer_since = "since"'), encoding="utf-8"
    )
    asked = (small / "deals.csv", "--map", small / "map.toml", "--as-of", "2026-12-31", "--json", small / "result.json")
    done = run(*asked)
    assert done.exit_code == 0, done.output
    found = json.loads((small / "result.json").read_text(encoding="utf-8"))
    closed = {name: rate["closed"] for name, rate in found["customer_status"].items() if isinstance(rate, dict)}
    assert closed == {"new": 4, "first_in_records": 1, "existing": 4, "won_back": 0}
    assert [(row["line"], row["column"], row["value"]) for row in found["rows"]["refused"]] == [(10, "since", "soon")]


def test_a_refused_value_is_named_with_its_line(small: Path) -> None:
    result = small / "result.json"
    run(small / "deals.csv", "--map", small / "map.toml", "--json", result)
    refused = json.loads(result.read_text(encoding="utf-8"))["rows"]["refused"]
    assert [(row["line"], row["column"], row["value"]) for row in refused] == [(5, "closed", "2026-02-30")]


def test_markup_in_the_data_stays_text(small: Path) -> None:
    out = small / "report.html"
    run(small / "deals.csv", "--map", small / "map.toml", "--out", out)
    assert "script" not in Page(out.read_text(encoding="utf-8")).tags


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.csv"], "nowhere.csv"),
        (["{deals}", "--map", "nowhere.toml"], "nowhere.toml"),
        (["{deals}", "--map", "{map}", "--as-of", "2026-02-30"], "--as-of 2026-02-30"),
        (["{deals}", "--map", "{map}", "--observed-from", "soon"], "--observed-from soon"),
        (["{deals}", "--map", "{map}", "--time-zone", "Mars/Base"], "Mars/Base"),
        (["{deals}", "--map", "{map}", "--language", "xx"], "--language xx"),
        (["{deals}", "--map", "{map}", "--out", "{folder}/none/report.html"], "no folder"),
        (["{deals}", "--source", "csv"], "map"),
        ([], "no files"),
        (
            ["{deals}", "--map", "{map}", "--as-of", "2025-12-31"],
            "nothing is recorded by 2025-12-31: the first date is 2026-01-01",
        ),
        (
            ["{deals}", "--map", "{map}", "--as-of", "2026-01-10", "--observed-from", "2026-01-11"],
            "the records cannot begin on 2026-01-11 (observed-from), after the day they are seen from, 2026-01-10 (as-of)",
        ),
    ],
)
def test_a_fault_is_one_clear_line_and_exit_code_2(small: Path, arguments: list[str], said: str) -> None:
    places = {"deals": small / "deals.csv", "map": small / "map.toml", "folder": small}
    done = run(*(argument.format(**places) for argument in arguments))
    assert done.exit_code == 2, done.output
    assert len(done.stderr.strip().splitlines()) == 1
    assert said in done.stderr
    assert "Traceback" not in done.output


QUOTAS = """seller,from,to,goal
Ann,2026-01-01,2026-01-31,200
Bo,2026-01-01,2026-01-31,a lot
,2026-01-01,2026-01-31,5
Ann,2026-02-01,2026-02-28,50
"""
QUOTA_MAP = """
[quotas]
file = "quotas.csv"
member = "seller"
period_start = "from"
period_end = "to"
amount = "goal"
"""


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("50% of the quota won, 65% of its days gone", "100 of the quota of 200 is won so far (50%).")),
        ("nb", ("av salgsmålet vunnet", "er vunnet så langt")),
    ],
)
def test_quotas_of_a_map_are_in_the_report_the_json_and_the_terminal(
    small: Path, language: str, said: tuple[str, str]
) -> None:
    (small / "quotas.csv").write_text(QUOTAS, encoding="utf-8")
    (small / "map.toml").write_text(SMALL_MAP + QUOTA_MAP, encoding="utf-8")
    out, result = small / "report.html", small / "result.json"
    days = ["--as-of", "2026-01-20", "--language", language]
    done = run(small / "deals.csv", "--map", small / "map.toml", *days, "--out", out, "--json", result)
    assert done.exit_code == 0, done.output
    found = json.loads(result.read_text(encoding="utf-8"))
    (period,) = found["attainment"]["periods"]  # February's has not begun
    ann = {"name": "Ann", "team": None, "quota": 200.0, "credited": 100.0, "attainment": 0.5, "deals": 1.0}
    assert ann in period["members"]
    assert found["attainment"]["pace"]["gap"] == 100
    assert found["attainment"]["left_out"][0] == "a quota names neither a member nor a team; fill in one of them"
    assert any(refused["column"] == "goal" and refused["line"] == 3 for refused in found["rows"]["refused"])
    page, printed = out.read_text(encoding="utf-8"), " ".join(done.stdout.split())
    for words in said:
        assert words in page
        assert words in printed
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_without_quotas_report_and_terminal_say_so_once(small: Path) -> None:
    out = small / "report.html"
    done = run(small / "deals.csv", "--map", small / "map.toml", "--as-of", "2026-01-20", "--out", out)
    assert "Not recorded: no quotas are recorded." in out.read_text(encoding="utf-8")
    assert done.stdout.count("no quotas are recorded") == 1
