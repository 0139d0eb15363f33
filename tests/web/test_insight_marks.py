"""Each mark and each row of Insight leads to exactly the deals it counts."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from tests.charts.test_links import WITHOUT_ROWS
from tests.lists.asking import asked
from tests.web.test_pages import signed_in


def rows_behind(house: Any, address: str) -> int:
    return int(asked(house.alice, urlsplit(address).query).count())


def test_the_page_opens_and_its_links_lead_to_the_deals_they_count(year: Any) -> None:
    alice, home = signed_in("alice"), f"/w/{year.workspace.slug}/insight/"
    page = "".join(
        alice.get(f"{home}{room}").content.decode() for room in ("", "won/", "signals/", "winning/", "forecast/")
    )
    told = re.findall(r'<a href="([^"]*/deals/[?][^"]*)"><[^>]* aria-label="[^"]*?: ([0-9.\u202f]+) deals?', page)
    marks = [(unescape(href), int(n.replace("\u202f", ""))) for href, n in told if "." not in n]
    assert len(marks) > 40
    wrong = {href: (n, rows_behind(year, href)) for href, n in marks if rows_behind(year, href) != n}
    assert wrong == {}


def test_every_mark_leads_to_deals_or_is_of_none_that_a_list_could_name(year: Any) -> None:
    alice, home = signed_in("alice"), f"/w/{year.workspace.slug}/insight/"
    marks, loose = 0, set()
    for room in ("", "won/", "signals/", "winning/", "forecast/"):
        page = alice.get(f"{home}{room}?period=all").text
        for section in re.findall(r"<section[^>]* id=\"([^\"]+)\">(.*?)</section>", page, re.DOTALL):
            drawn = re.findall(
                r'(<a href="[^"]+/deals/[?][^"]*">)?<(?:circle|rect|path|svg class="whisker")[^>]* role="img"',
                section[1],
            )
            marks += len(drawn)
            loose |= {section[0]} if not all(drawn) else set()
    assert marks > 200
    assert loose == {"reliability"} <= set(WITHOUT_ROWS)


def test_won_deals_by_part_say_which_has_most_and_amounts_and_days_lead_to_their_deals(year: Any) -> None:
    alice, home = signed_in("alice"), f"/w/{year.workspace.slug}/insight/"
    funnel, won = (alice.get(f"{home}{room}?period=all").text for room in ("", "won/"))
    for key in ("won-owner", "won-source", "won-customer"):
        figure = won.split(f'id="{key}"')[1].split("</section>")[0]
        assert "Most value: " in figure
    table = funnel.split('id="time"')[1].split("</section>")[0]
    days = re.findall(r'<th scope="row"><a class="link" href="([^"]+)">(\d+) days', table)
    assert [("within=" + n) in href for href, n in days] == [True] * len(days) != []
    bars = re.findall(r'href="([^"]*amount_from[^"]*)"', funnel)
    assert len(bars) > 3
    assert sum(rows_behind(year, unescape(href)) for href in dict.fromkeys(bars)) == rows_behind(year, unescape(re.findall(r'class="link rows-link" href="([^"]*state=won[^"]*)"', funnel)[0]))  # fmt: skip


def test_the_numbers_on_top_have_a_table_and_files_of_their_own(year: Any) -> None:
    alice, home = signed_in("alice"), f"/w/{year.workspace.slug}/insight/"
    page = alice.get(home).text
    numbers = json.loads(alice.get(f"{home}funnel/win-rate.json").content)
    rates = [part for part in ("before", "by_value") if "won" in numbers["win_rate"][part]]
    for key, rows in (("win-rate", 1 + len(rates)), ("won-value", len(numbers["won"]["amounts"]["bins"]))):
        tile = page.split(f'id="{key}"')[1].split("</section>")[0]
        assert tile.count("<summary") == 3  # its definition, its table and its files
        for kind, begin in (("png", b"\x89PNG"), ("pdf", b"%PDF"), ("xlsx", b"PK"), ("svg", b"<svg")):
            assert alice.get(f"{home}funnel/{key}.{kind}").content.startswith(begin), (key, kind)
        assert len(alice.get(f"{home}funnel/{key}.csv").content.decode("utf-8-sig").splitlines()) == 1 + rows
        counted = re.findall(
            r'<a class="link" href="([^"]+)">[^<]*</a></th>(?:<td[^>]*>[^<]*</td>)?<td[^>]*>(\d+)</td>', tile
        )
        assert len(counted) >= min(rows, 2) - 1
        assert {href: rows_behind(year, unescape(href)) for href, _n in counted} == {
            href: int(n) for href, n in counted
        }
    assert numbers["win_rate"]["by_count"]["closed"] > 20
    assert alice.get(f"{home}won/win-rate.csv").status_code == 404


def test_won_deals_by_source_are_shown_and_lead_to_their_rows(year: Any) -> None:
    page = signed_in("alice").get(f"/w/{year.workspace.slug}/insight/won/?period=all").text
    figure = page.split('id="won-source"')[1].split("</section>")[0]
    rows = re.findall(r'<a class="link" href="([^"]*)">Source: [^<]*</a></th><td[^>]*>(\d+)</td>', figure)
    assert len(rows) > 2
    assert {href: rows_behind(year, unescape(href)) for href, _won in rows} == {href: int(won) for href, won in rows}
