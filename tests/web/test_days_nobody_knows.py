"""Deals that came in without the day of their opening or closing: lists count and show them as the figures do."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.utils import timezone

from tests.lists.asking import asked
from tests.web.test_pages import signed_in
from vunnet.analysis.question import Question
from vunnet.deals.models import Deal, Stage, StageChange
from vunnet.reports.asking import ask
from vunnet.web.lists.rows import PAGE
from vunnet.web.templatetags import show


def test_deals_of_days_nobody_knows_are_where_the_figures_count_them(year: Any) -> None:
    present = Deal.objects.present()
    unknown = StageChange.objects.filter(is_dated=False)
    not_opened = set(unknown.filter(link=1).values_list("deal", flat=True))
    not_closed = set(unknown.filter(link__gt=1).values_list("deal", flat=True))
    assert min(len(not_opened), len(not_closed), len(not_opened & not_closed)) > 5
    for query, lacking in (
        ("created.from=2000-01-01", not_opened),
        ("created.to=2100-01-01", not_opened),
        ("closed.from=2000-01-01", not_closed),
        ("entered.from=2000-01-01", not_closed),
        ("within=9999", not_opened | not_closed),
        ("customer=first", not_opened),
    ):
        found = set(asked(year.alice, f"{query}&state=all").values_list("pk", flat=True))
        assert found, query
        assert not found & lacking, query
    assert set(asked(year.alice, "created.empty=yes&state=all").values_list("pk", flat=True)) == not_opened
    assert asked(year.alice, "created.empty=no&state=all").count() == present.count() - len(not_opened)
    question = Question(as_of=timezone.now().astimezone(year.workspace.zone).date(), time_zone="Europe/Oslo")
    report = ask(year.workspace.pk, question)
    assert asked(year.alice, "within=30&state=won").count() == report.within_days.closed_within.won
    for funnel in report.funnels:
        for row in funnel.stages:
            stage = Stage.objects.get(pipeline__name=funnel.pipeline, name=row.stage)
            assert asked(year.alice, f"passed={stage.pk}&state=all").count() == row.entered, row.stage


def test_a_list_shows_no_day_that_nobody_knows(year: Any) -> None:
    alice, home = signed_in("alice"), f"/w/{year.workspace.slug}/deals/"
    unknown = StageChange.objects.filter(is_dated=False, link=1).values("deal")
    deal = Deal.objects.filter(pk__in=unknown, stage__kind="won", closed_at__isnull=True)[0]
    today = show.day(deal.created_at)
    query = f"?state=won&company={deal.company_id}&columns=name,closed,created,entered&created.empty=yes"
    page = alice.get(home + query).text
    assert deal.name in page
    assert today not in page.split("<tbody")[1].split("</tbody>")[0]
    lines = alice.get(f"/w/{year.workspace.slug}/lists/deals/export/csv/{query}").getvalue().decode()
    assert str(deal.created_at.year) not in lines


@pytest.mark.parametrize("sort", ["created", "-created", "name"])
def test_a_list_by_the_month_of_opening_goes_to_its_end(year: Any, sort: str) -> None:
    undated = set(StageChange.objects.filter(is_dated=False, link=1).values_list("deal", flat=True))
    months: dict[str, set[int]] = {"Opened: none": undated}
    for deal in Deal.objects.present().exclude(pk__in=undated):
        day = timezone.localtime(deal.created_at, year.workspace.zone)
        months.setdefault(f"{day:%B %Y}", set()).add(deal.pk)
    headings, rows = walked(f"/w/{year.workspace.slug}/deals/?state=all&columns=name,created&group=created&sort={sort}")
    assert len(headings) == len(months) > 3
    assert headings[-1] == ("Opened: none", str(len(undated)))
    assert dict(headings) == {month: str(len(deals)) for month, deals in months.items()}
    assert len(rows) == len(set(rows)) == Deal.objects.present().count() > 3 * PAGE
    assert set(rows[-len(undated) :]) == undated


def walked(address: str) -> tuple[list[tuple[str, str]], list[int]]:
    """The groups with what stands beside them, and the rows, of a list from its first page to its last."""
    alice, headings, rows = signed_in("alice"), [], []
    following = address
    while following:
        page = alice.get(following)
        assert page.status_code == 200, page.text
        headings += re.findall(r'class="group-head"><span[^>]*>([^<]*)</span> <span class="num">(\d+)', page.text)
        rows += [int(number) for number in re.findall(r'<tr id="row-(\d+)"', page.text)]
        found = re.search(r'href="([^"]*[?&;]after=[^"]*)"', page.text)
        following = unescape(found[1]) if found else ""
    return headings, rows
