"""Insight tells what the deals say, and each of its links leads to exactly the deals it counted."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from django.utils import timezone
from python_calamine import CalamineWorkbook

from tests.lists.asking import asked
from tests.web.test_insight_marks import rows_behind
from tests.web.test_pages import signed_in
from vunnet.analysis.question import Question
from vunnet.charts import Language
from vunnet.charts.canvas import Canvas
from vunnet.contacts.actions import change_company
from vunnet.contacts.models import Company
from vunnet.deals.actions import lose_deal, set_lines, win_deal
from vunnet.deals.models import Deal, Product
from vunnet.exchange.sample import sample
from vunnet.imports.takeover import take_over
from vunnet.lib.formats import Formats, using
from vunnet.reports.actions import annotate
from vunnet.reports.asking import ask
from vunnet.reports.models import Annotation
from vunnet.web.insight.asked import SPLITS, read
from vunnet.web.insight.files import answer, read_number
from vunnet.web.insight.path import path_of
from vunnet.workspaces.models import Member, User


def test_imported_records_that_begin_late_are_seen_and_said(house: Any, settings: Any, tmp_path: Any) -> None:
    settings.HOME = tmp_path
    today = datetime.now(ZoneInfo("Europe/Oslo")).date()
    export = sample(today, companies=60, people=80, deals=300)
    begin = datetime.combine(today - timedelta(days=180), time())
    kept = pc.fill_null(pc.greater_equal(export.tables["deals"]["closed_at"], pa.scalar(begin)), True)
    deals = export.tables["deals"].filter(kept)
    of_them = {
        name: rows.filter(pc.is_in(rows["deal_id"], deals["deal_id"])) if "deal_id" in rows.column_names else rows
        for name, rows in export.tables.items()
    }
    take_over(replace(export, tables=of_them), house.workspace, by=None)
    page = signed_in("alice").get(f"/w/{house.workspace.slug}/insight/?period=all").text
    day = Language("en").day(begin.date())
    assert f"Closings are recorded from {day} on: deals opened before count from that day." in page
    assert ask(house.workspace.pk, Question(as_of=today, time_zone="Europe/Oslo")).observed_from == begin.date()


def test_when_customers_come_back_is_told_drawn_and_exported(year: Any) -> None:
    alice, room = signed_in("alice"), f"/w/{year.workspace.slug}/insight/won"
    page = alice.get(f"{room}/?period=all").text
    figure = page.split('id="repeat"')[1].split("</section>")[0]
    question = Question(as_of=timezone.now().astimezone(year.workspace.zone).date(), time_zone="Europe/Oslo")
    found = ask(year.workspace.pk, question).repeat_interval
    assert f"{found.repeated} were followed by another" in figure.replace("\u202f", "")
    assert '<div class="is-wide"><svg' in figure
    table = alice.get(f"{room}/repeat.csv?period=all").content.decode("utf-8-sig").splitlines()
    assert table[0] == "Within,Followed by another"
    numbers = json.loads(alice.get(f"{room}/repeat.json?period=all").content)["repeat_interval"]
    assert len(table) - 1 == len(numbers["within"]) > 2
    assert numbers["repeated"] == found.repeated


def test_what_goes_with_winning_is_asked_on_the_landmark_of_the_address(year: Any) -> None:
    alice, room = signed_in("alice"), f"/w/{year.workspace.slug}/insight/winning"
    usual, later = alice.get(f"{room}/?period=all").text, alice.get(f"{room}/?period=all&landmark=14").text
    assert '<option value="7" selected>' in usual
    assert '<option value="14" selected>' in later
    for query, day in (("", 7), ("&landmark=14", 14)):
        found = json.loads(alice.get(f"{room}/drivers.json?period=all{query}").content)["drivers"]
        assert {row["landmark_days"] for row in found} == {day}


def test_the_list_and_the_figures_agree_on_customers_whose_first_purchase_is_known(year: Any) -> None:
    today = timezone.now().astimezone(year.workspace.zone).date()
    for n, company in enumerate(Company.objects.present().order_by("pk")):
        if n % 4:
            day = today - timedelta(days=(2500, 420, 160)[n % 4 - 1])
            change_company(company, by=year.alice, customer_since=day)
    found = ask(year.workspace.pk, Question(as_of=today, time_zone="Europe/Oslo")).customer_status.rates
    listed = {
        name: asked(year.alice, f"customer={name}&state=closed").count() for name in ("existing", "won_back", "first")
    }
    assert listed["existing"] == found["existing"].closed > 20
    assert listed["won_back"] == found["won_back"].closed
    assert listed["first"] == found["new"].closed + found["first_in_records"].closed
    assert min(found["new"].closed, found["first_in_records"].closed) > 5
    room = f"/w/{year.workspace.slug}/insight/won/?period=all"
    assert 'id="customer"' not in signed_in("alice").get(room).text
    for company in Company.objects.present().filter(customer_since=None):
        change_company(company, by=year.alice, customer_since=today)
    figure = signed_in("alice").get(room).text.split('id="customer"')[1].split("</section>")[0]
    rows = re.findall(
        r'<a class="link" href="([^"]*)">(existing|new|won back)</a></th><td[^>]*>[^<]*</td><td[^>]*>(\d+)', figure
    )
    assert {"existing", "new"} <= {name for _href, name, _closed in rows}
    assert {name: rows_behind(year, unescape(href)) for href, name, _closed in rows} == {
        name: int(closed) for _href, name, closed in rows
    }


def test_a_win_shows_at_once(year: Any) -> None:
    alice, address = signed_in("alice"), f"/w/{year.workspace.slug}/insight/?period=month"
    question = Question(as_of=timezone.now().astimezone(year.workspace.zone).date(), time_zone="Europe/Oslo")
    before = ask(year.workspace.pk, question).won.count
    assert alice.get(address).status_code == 200
    win_deal(year.deal("Fresh", by=year.bob), by=year.bob)
    lose_deal(year.deal("Gone", by=year.bob), by=year.bob, note="Too dear")
    after = ask(year.workspace.pk, question)
    assert after.won.count == before + 1


def test_what_is_not_on_the_allow_list_is_refused(house: Any) -> None:
    alice = signed_in("alice")
    for query in (
        "period=x",
        "owner=999999",
        "owner=me",
        "split=password",
        "landmark=8",
        "landmark=x",
        "from=2026-02-31",
        "from=2026-03-01&to=2026-01-01",
        "where=x",
    ):
        assert alice.get(f"/w/{house.workspace.slug}/insight/?{query}").status_code == 422, query


def test_every_split_in_both_languages(year: Any) -> None:
    for language, splits in (("en", SPLITS), ("nb", SPLITS[:2])):
        User.objects.filter(pk=year.alice.user_id).update(language=language)
        for split in splits:
            response = signed_in("alice").get(f"/w/{year.workspace.slug}/insight/?period=all&split={split}")
            assert response.status_code == 200, (language, split)


def test_charts_write_numbers_as_their_reader_does(year: Any) -> None:
    address = f"/w/{year.workspace.slug}/insight/signals/?period=all"
    usual = signed_in("alice").get(address).text
    User.objects.filter(pk=year.alice.user_id).update(number_format="point_comma")
    hers, bobs = signed_in("alice").get(address).text, signed_in("bob").get(address).text
    assert re.search(r">centre \d+\.\d%<", usual)
    assert re.search(r">centre \d+,\d%<", hers)
    assert not re.search(r"\d\.\d%", hers)
    assert re.search(r">centre \d+\.\d%<", bobs)


def test_an_empty_workspace_says_what_is_not_there(house: Any, settings: Any, tmp_path: Any) -> None:
    settings.HOME = tmp_path
    page = signed_in("alice").get(f"/w/{house.workspace.slug}/insight/")
    assert page.status_code == 200
    assert "Nothing to learn from yet" in page.content.decode()
    house.deal("The first")
    page = signed_in("alice").get(f"/w/{house.workspace.slug}/insight/")
    assert "Nothing has closed in this period." in page.content.decode()
    signals = signed_in("alice").get(f"/w/{house.workspace.slug}/insight/signals/").text
    assert signals.count("No closing dates are recorded.") == 1


def test_what_a_win_rate_is_and_why_there_is_no_value_are_told_in_the_readers_language(year: Any) -> None:
    User.objects.filter(email="alice@example.org").update(language="nb")
    Deal.objects.update(amount=None)
    page = signed_in("alice").get(f"/w/{year.workspace.slug}/insight/").content.decode()
    assert "Spennet er Wilsons 95\u00a0%-intervall" in page
    assert "%%" not in page
    assert "ingen vunne salg har beløp" in page


def test_of_too_little_the_table_stands_open_and_says_so(house: Any, settings: Any, tmp_path: Any) -> None:
    settings.HOME = tmp_path
    win_deal(house.deal(by=house.bob), by=house.bob)
    page = signed_in("alice").get(f"/w/{house.workspace.slug}/insight/winning/").content.decode()
    figure = page.split('id="drivers"')[1].split("</section>")[0]
    assert "Show as table" not in figure
    assert "an interval that counts each company&#x27;s deals as alike" in figure
    assert '<table class="numbers">' in figure or "Not recorded" in figure
    assert "<svg" not in figure.split('class="measure"')[-1]


def test_a_room_that_is_not_there_is_missing(house: Any) -> None:
    alice = signed_in("alice")
    assert alice.get(f"/w/{house.workspace.slug}/insight/cellar/").status_code == 404
    assert alice.get(f"/w/{house.workspace.slug}/insight/funnel/nothing.png").status_code == 404


def test_a_figure_is_exported_as_picture_table_and_numbers(year: Any) -> None:
    home, alice = f"/w/{year.workspace.slug}/insight/funnel/funnel-0", signed_in("alice")
    png, svg, table, numbers = (alice.get(f"{home}.{kind}?period=all") for kind in ("png", "svg", "csv", "json"))
    assert png.content.startswith(b"\x89PNG")
    assert svg.content.startswith(b"<svg")
    assert b"var(--" not in svg.content
    assert b"href" not in svg.content
    assert table.content.decode("utf-8-sig").splitlines()[0].startswith("Stage,")
    found = json.loads(numbers.content)
    # Of a deal that closed nobody knows when, nobody knows when it was in any stage.
    undated = Deal.objects.won().filter(closed_at__isnull=True).count()
    assert found["counts"]["won"] - undated == sum(row["won"] for row in found["funnel"]) > 0 < undated
    assert "attachment" in png["Content-Disposition"]
    assert alice.get(f"{home}.pdf?period=all").content.startswith(b"%PDF")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(alice.get(f"{home}.xlsx?period=all").content)).get_sheet_by_index(
        0
    )
    rows = sheet.to_python()
    written = [row.split(",") for row in table.content.decode("utf-8-sig").splitlines()]
    assert rows[0] == written[0]
    assert [row[0] for row in rows] == [row[0] for row in written]
    assert all(isinstance(row[0], str) and isinstance(row[1], (int, float)) for row in rows[1:])
    assert alice.get(f"{home}.exe").status_code == 404


@pytest.mark.parametrize(
    ("cell", "formats", "number"),
    [
        ("2\u202f162", "", (2162.0, None)), ("34.1%", "", (0.341, 1)), ("34%", "", (0.34, 0)), ("−5.25", "", (-5.25, None)),
        ("1.234,5", "point_comma", (1234.5, None)), ("34,1%", "point_comma", (0.341, 1)), ("33–45", "", None), ("–", "", None),
        ("Åse 2", "", None), ("413\u00a0k", "", None), ("4.1 d", "", None), ("=1+1", "", None), ("", "", None), ("1,234", "", None),
    ],
)  # fmt: skip
def test_a_cell_is_a_number_only_where_its_reader_reads_one(cell: str, formats: str, number: Any) -> None:
    with using(Formats("en", formats)):
        found = read_number(cell)
    assert found == (number and (pytest.approx(number[0]), number[1]))


def test_what_happened_stands_on_the_charts_of_time_at_once(year: Any) -> None:
    home, bob = f"/w/{year.workspace.slug}/insight/", signed_in("bob")
    charts, whose = f"{home}signals/?period=all", {"text": "New <price> list", "on": ""}
    before = bob.get(charts).text
    day = timezone.localdate() - timedelta(days=60)
    refused = bob.post(f"{home}annotations/?period=all", whose)
    assert (refused.status_code, "New &lt;price&gt; list" in refused.text) == (422, True)
    answer = bob.post(f"{home}annotations/?period=all", whose | {"on": str(day)})
    assert answer["Location"] == f"{charts}#annotations"
    page = bob.get(charts).text
    assert page.count("New &lt;price&gt; list</text>") >= 4
    assert "New &lt;price&gt;" not in before
    numbers = json.loads(bob.get(f"{home}signals/win_rate.json?period=all").content)
    assert {"on": str(day), "text": "New <price> list"} in numbers["signals"][0]["annotations"]
    row = Annotation.objects.get()
    changed = bob.post(f"{home}annotations/{row.pk}/?period=all", {"on": str(day), "text": "New playbook"})
    assert (changed.status_code, "New playbook</text>" in bob.get(charts).text) == (302, True)
    gone = bob.post(f"{home}annotations/{row.pk}/delete/?period=all", follow=True).text
    assert "New playbook</text>" not in gone
    back = re.search(r'action="([^"]*/restore/)"', gone)
    assert back
    assert "New playbook</text>" in bob.post(back[1], follow=True).text


def test_a_viewer_reads_annotations_and_is_offered_no_change(year: Any) -> None:
    annotate(year.alice, timezone.localdate() - timedelta(days=60), "New price list")
    address = f"/w/{year.workspace.slug}/insight/signals/"
    for name, offered in (("carol", False), ("bob", False), ("alice", True)):
        page = signed_in(name).get(address).text
        assert ("New price list</text>" in page, "Delete “New price list”" in page) == (True, offered), name
        assert ("annotations/" in page) == (name != "carol")


def test_a_name_that_begins_like_a_formula_is_text_in_a_table() -> None:
    from vunnet.charts import Figure, Table

    figure = Figure("", "", "", Table(("Seller",), (("=cmd|calc",), ("−3 %",))), lambda width: Canvas(width, 10))
    content = answer(figure, "x", "csv", None).content.decode("utf-8-sig")  # type: ignore[arg-type]
    assert content.splitlines() == ["Seller", "'=cmd|calc", "−3 %"]


def test_two_funnels_side_by_side_each_mark_leads_to_its_own_rows(year: Any) -> None:
    alice, home = signed_in("alice"), f"/w/{year.workspace.slug}/insight/"
    first, second = Member.objects.filter(workspace=year.workspace, deals__isnull=False).distinct().order_by("pk")[:2]
    for query in ("period=year&compare=before", f"period=all&owner={first.pk}&compare=owner-{second.pk}"):
        page = alice.get(f"{home}?{query}").content.decode()
        assert 'name="compare"' in page
        told = re.findall(r'<a href="([^"]*/deals/[?][^"]*)"><[^>]* aria-label="[^"]*? of ([0-9]+) deals? go on"', page)
        marks = [(unescape(href), int(n)) for href, n in told]
        assert len(marks) >= 6, query
        assert {href: rows_behind(year, href) for href, _ in marks} == dict(marks)


def test_what_the_page_is_about_stands_second_in_a_comparison(year: Any, rf: Any) -> None:
    request = rf.get("/", {"period": "year", "compare": "before"})
    request.member = year.alice
    asked = read(request)
    before, present = asked.question.compare or ()
    assert present.entered_in == asked.closed_in
    assert before.entered_in.last < present.entered_in.first


def test_sides_that_share_deals_are_told_so_and_the_page_stands(year: Any) -> None:
    alice, home = signed_in("alice"), f"/w/{year.workspace.slug}/insight/"
    both = list(Product.objects.filter(workspace=year.workspace).order_by("pk")[:2])
    deal = Deal.objects.visible_to(year.alice).filter(stage__kind="won").first()
    set_lines(deal, [(product, Decimal(1), Decimal(1000)) for product in both], by=year.alice)
    answer = alice.get(f"{home}?period=all&product={both[0].pk}&compare=product-{both[1].pk}")
    assert answer.status_code == 200
    assert "stands on both sides" in answer.content.decode()


def test_a_comparison_needs_another_side(year: Any) -> None:
    alice, home = signed_in("alice"), f"/w/{year.workspace.slug}/insight/"
    mine = year.alice.pk
    for query in ("period=all&compare=before", "compare=owner-1", f"owner={mine}&compare=owner-{mine}", "compare=x"):
        assert alice.get(f"{home}?{query}").status_code == 422, query


def test_the_path_of_a_deal_is_what_the_library_finds(year: Any, rf: Any) -> None:
    alice = year.alice
    deal = Deal.objects.visible_to(alice).filter(stage__kind="won").first()
    request = rf.get("/")
    request.member, request.LANGUAGE_CODE = alice, "en"
    made = path_of(request, deal)
    assert made.figure is not None
    assert made.figure.title.startswith("Won ")
    for cells, href in made.rows:
        assert href is not None
        assert rows_behind(year, href) >= int(cells[4].replace("\u202f", "") if cells[4] != "–" else 1)


def test_a_deals_page_asks_for_its_path_and_without_scripts_it_is_a_page(year: Any) -> None:
    deal = Deal.objects.visible_to(year.alice).filter(stage__kind="won").first()
    alice, address = signed_in("alice"), f"/w/{year.workspace.slug}/insight/path/{deal.pk}/"
    assert address in alice.get(f"/w/{year.workspace.slug}/deals/{deal.pk}/").text
    part = alice.get(address, headers={"HX-Request": "true"}).text
    assert part.startswith('<div id="path-figure"')
    assert "<svg" in part
    page = alice.get(address).text
    assert page.startswith("<!doctype html>")
    assert "Export" in page
    file = address.removesuffix("/")
    assert alice.get(f"{file}.png").content.startswith(b"\x89PNG")
    assert len(alice.get(f"{file}.csv").content.decode("utf-8-sig").splitlines()) > 2
    assert alice.get(f"{file}.json").status_code == 404
    for closed in (address, f"{file}.png"):
        assert signed_in("mallory").get(closed).status_code == 404
