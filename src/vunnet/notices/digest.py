"""The week in pictures: what was won, lost and opened in it, and the funnel, the won deals and the signals as Insight draws them.

Scoped to what its reader sees, by the days of their own time zone. Never: a number of analysis computed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from vunnet.charts import Figure, Language, control, funnel, won_by
from vunnet.deals.models import Deal, not_opened_on_a_known_day
from vunnet.deals.models import Kind as StageKind
from vunnet.lib.money import Money
from vunnet.lib.periods import year_to
from vunnet.notices.actions import chosen
from vunnet.notices.letters import letter
from vunnet.notices.models import Digest, Mail
from vunnet.notices.mornings import zone_of
from vunnet.notices.rules import MORNING
from vunnet.reports import annotating, asking, reader, usual
from vunnet.reports.answers import NotRecorded, Period, Question, Report, bands
from vunnet.reports.seen import seen_by
from vunnet.workspaces.models import Member

PARTS = ("funnel", "customers", "segments", "signals")
BY = ("owner", "team", "product", "source")
SPLIT = "customer"
SHOWN = 5
PICTURE_WIDTH = 680


@dataclass(frozen=True)
class Picture:
    """A figure of Insight, or the sentence that says why there is none. `key` is its name inside a mail."""

    key: str
    address: str
    figure: Figure | None = None
    why_not: str = ""


@dataclass(frozen=True)
class Deals:
    """So many deals, their sums by currency, and the most valuable of them."""

    count: int = 0
    sums: list[Money] = field(default_factory=list)
    first: list[Deal] = field(default_factory=list)


@dataclass(frozen=True)
class Week:
    """What one member reads of one week."""

    first: date
    last: date
    won: Deals
    lost: Deals
    opened: Deals
    stale: Deals
    pictures: list[Picture]

    @property
    def is_empty(self) -> bool:
        return not (self.won.count or self.lost.count or self.opened.count)

    @property
    def number(self) -> int:
        return self.first.isocalendar().week


def week_before(member: Member, now: datetime) -> date:
    """The Monday of the last week that is over where the member is."""
    today = now.astimezone(zone_of(member)).date()
    return today - timedelta(days=today.weekday() + 7)


def begin_digests(now: datetime) -> int:
    """A mail for each member of the present scope whose Monday morning it is, who wants one and has none of this week; says how many."""
    if not settings.MAIL_IS_SET:
        return 0
    members = Member.objects.filter(is_active=True, user__isnull=False).select_related("user", "workspace")
    return sum(_begin(m, now) for m in members if _is_monday_morning(m, now) and chosen(m)["digest"][1])


def _is_monday_morning(member: Member, now: datetime) -> bool:
    here = now.astimezone(zone_of(member))
    return here.weekday() == 0 and here.hour in MORNING


def _begin(member: Member, now: datetime) -> bool:
    with transaction.atomic():
        digest, is_new = Digest.objects.get_or_create(
            workspace_id=member.workspace_id, member=member, week=week_before(member, now), defaults={"made_at": now}
        )
        if is_new:
            Mail.objects.create(
                workspace_id=member.workspace_id, member=member, digest=digest, created_at=now, next_try_at=now
            )
    return is_new


def week_of(member: Member, first: date) -> Week:
    """The week as the member sees it, in the language that is spoken now."""
    last, zone = first + timedelta(days=6), zone_of(member)
    start, end = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    seen: Any = Deal.objects.visible_to(member)
    closed = seen.filter(closed_at__gte=start, closed_at__lt=end)
    opened = seen.filter(~not_opened_on_a_known_day(), created_at__gte=start, created_at__lt=end)
    return Week(
        first,
        last,
        _summed(closed.filter(stage__kind=StageKind.WON)),
        _summed(closed.filter(stage__kind=StageKind.LOST)),
        _summed(opened),
        _summed(_stale(seen, member, end)),
        _pictures(member, last),
    )


def _stale(seen: Any, member: Member, end: datetime) -> Any:
    """Open deals that stood in their stage, when the week ended, for longer than 95 of 100 did."""
    where = Q(pk__in=[])
    for stage, days in usual.stale_after(member).items():
        where |= Q(stage=stage, stage_entered_at__lt=end - timedelta(days=days))
    return seen.open().filter(where)


def _summed(rows: Any) -> Deals:
    found = list(rows.order_by().values("currency").annotate(n=Count("pk"), total=Sum("amount")))
    first = rows.select_related("company", "owner").order_by(F("amount").desc(nulls_last=True), "-pk")[:SHOWN]
    sums = [Money(row["total"], row["currency"]) for row in found if row["total"]]
    return Deals(sum(row["n"] for row in found), sums, list(first))


def question_of(member: Member, last: date) -> Question:
    """The year to the week's end, of the deals the member sees: what Insight asks when it opens."""
    year = year_to(last)
    return Question(
        as_of=last,
        time_zone=str(zone_of(member)),
        closed_in=Period(year.first, year.last),
        where=seen_by(member),
    )


def _pictures(member: Member, last: date) -> list[Picture]:
    report = asking.ask(member.workspace_id, question_of(member, last), SPLIT, BY, PARTS)
    if report.counts.deals == 0:
        return []
    language, slug = reader.language(), member.workspace.slug
    annotated = annotating.annotated(report, annotating.of(member))
    made: Sequence[tuple[str, Figure | NotRecorded]] = (
        ("funnel", _funnel(report, language)),
        ("won", won_by(report.won, report.segments, report.customer_status, language, None, ("product", "size"))),
        ("signals", _signals(annotated, language)),
    )
    return [_picture(key, one, language, reverse("insight_room", args=[slug, key])) for key, one in made]


def _picture(key: str, made: Figure | NotRecorded, language: Language, address: str) -> Picture:
    if isinstance(made, NotRecorded):
        return Picture(key, address, why_not=language.why_sentence(made))
    return Picture(key, address, made)


def _funnel(report: Report, language: Language) -> Figure | NotRecorded:
    """Of the pipeline that comes first."""
    if isinstance(report.funnels, NotRecorded):
        return report.funnels
    return funnel(report.funnels[0], language, None, bands(report.won.size_edges))


def _signals(report: Report, language: Language) -> Figure | NotRecorded:
    """The measure that is most out of the ordinary."""
    found = report.signals
    if isinstance(found, NotRecorded):
        return found
    if not found.boards:
        return next(iter(found.missing.values()))
    board = max(found.boards, key=lambda one: len(one.signals))
    return control(board, language, None, report.question.cut)


def pngs(member: Member, week: Week) -> dict[str, bytes]:
    """The pictures as files, drawn once for all who see the same."""
    report = asking.ask(member.workspace_id, question_of(member, week.last), SPLIT, BY, PARTS)
    drawn: tuple[Report, dict[str, bytes]] = asking.keep(
        ("digest", member.workspace_id, reader.language()),
        # The answer is kept with its pictures: as long as it is, no other can have its identity.
        (id(report), annotating.of(member)),
        lambda: (report, {one.key: one.figure.png(PICTURE_WIDTH) for one in week.pictures if one.figure}),
    )
    return drawn[1]


def digest_letter(mail: Mail, member: Member) -> EmailMultiAlternatives | None:
    """The mail of a week. Its pictures are inside it."""
    if mail.digest is None:
        return None
    week = week_of(member, mail.digest.week)
    pictures = {f"{key}.{mail.pk}@vunnet": png for key, png in pngs(member, week).items()}
    context = {
        "week": week,
        "pictures": [(one, f"{one.key}.{mail.pk}@vunnet") for one in week.pictures],
        "site": settings.PUBLIC_URL,
        "now": timezone.now(),
    }
    subject = _("Week %(week)s in %(room)s") % {"week": week.number, "room": member.workspace.name}
    return letter(member, subject, "letters/digest", context, mail, pictures)
