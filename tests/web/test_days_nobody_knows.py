"""Deals that came in without the day of their opening or closing: lists count and show them as the figures do."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from tests.lists.asking import asked
from tests.web.test_pages import signed_in
from vunnet.analysis.question import Question
from vunnet.deals.models import Deal, Stage, StageChange
from vunnet.reports.asking import ask
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
    grouped = alice.get(f"{home}?state=all&columns=name,created&group=created&sort=created").text
    assert "Opened" in grouped
