"""The steps of a day as HTML. Sixty of them stand there, each with its forms: no templates here. Every value is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape

from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from vunnet.lib import phones
from vunnet.lib.money import Money
from vunnet.web.addresses import address_of
from vunnet.web.asking import Request
from vunnet.web.deals.cards import Step, lateness
from vunnet.web.templatetags.show import brief, clock, due, icon, short_money, whole
from vunnet.web.today.agenda import Planned

# With the day's numbers in its head and in the menu: they change with each step.
SWAPPED = 'hx-swap="none" hx-select-oob="#today,#said,#day,#due"'


class Lines:
    """The words, icons and forms that are the same in every line, made once a page."""

    def __init__(self, request: Request, now: datetime) -> None:
        self.now, self.member = now, request.member
        self.slug, self.base = self.member.workspace.slug, self.member.workspace.base_currency
        self.may_write = self.member.may_write
        self.icons = {name: icon(name) for name in ("phone", "calendar", "mail", "clock", "sticky-note")}
        self.done, self.move, self.log, self.call = (
            _("Done: %(step)s"),
            _("Move to another day: %(step)s"),
            _("Log: %(step)s"),
            _("Call %(name)s"),
        )
        self.ticked = f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}"><input type="hidden" name="next" value="today">'
        self.snooze = render_to_string("today/snooze.html", request=request)

    def steps(self, steps: Iterable[Planned]) -> SafeString:
        return mark_safe("\n".join([self.step(step) for step in steps]))  # noqa: S308

    def step(self, step: Planned) -> str:
        """One line: its tick, what it is and about, when, and what can be done with it."""
        late = lateness(Step(step.pk, step.kind, step.subject, step.due_at, step.has_time, None), self.now)
        tick, later = (self._tick(step), self._later(step)) if self.may_write else ("", "")
        return f"<li data-row>{tick}{self._what(step, late)}{self._when(step, late)}{self._kind(step)}{later}</li>"

    def _tick(self, step: Planned) -> str:
        done, said = address_of("step_done", self.slug, step.pk), escape(self.done % {"step": step.words})
        return f'<form method="post" action="{done}" hx-post="{done}" {SWAPPED}>{self.ticked}<button class="tick" data-done aria-label="{said}"></button></form>'

    def _about(self, step: Planned, name: str = "") -> str:
        """The address of what it is about, or of something done with that; of a step about nothing its own."""
        for table, pk in (("deal", step.deal_id), ("company", step.company_id), ("person", step.person_id)):
            if pk:
                return address_of(f"{name}{table}", self.slug, pk)
        return "" if name else address_of("entry", self.slug, step.pk)

    def _what(self, step: Planned, late: str) -> str:
        when = clock(step.due_at) if step.has_time else due(step.due_at)
        red = " text-lost" if late == "late" else ""
        words, names = escape(step.words), escape(" · ".join(filter(None, (step.company, self._person(step)))))
        about = self._of_deal(step) if step.deal_id else names
        full = escape(f"{step.deal_company or step.deal or ''} · {step.stage or ''}") if step.deal_id else names
        return (
            f'<div class="what"><a class="font-medium block no-underline" data-open href="{self._about(step)}"{whole(words)}>{words}</a>'
            f'<small class="num"{whole(full)}><span class="phone-only{red}">{escape(when)} · </span>{about}</small></div>'
        )

    def _of_deal(self, step: Planned) -> str:
        money = None if step.amount is None else Money(step.amount, step.currency or "")
        whole, rough = (
            (f" · {escape(brief(money))}", f" · {escape(short_money(money, self.base))}") if money else ("", "")
        )
        return (
            f"{escape(step.deal_company or step.deal or '')}"
            f'<span class="desk-only"> · {escape(step.stage or "")}{whole}</span><span class="phone-only">{rough}</span>'
        )

    @staticmethod
    def _person(step: Planned) -> str:
        return step.person or step.person_email or ""

    def _when(self, step: Planned, late: str) -> str:
        days_late = (self.now.date() - step.due_at.astimezone(self.now.tzinfo).date()).days
        if step.has_time and days_late <= 0:
            said = clock(step.due_at)
        else:
            # Under "Today" it need not be said that it is today's.
            said = "" if not step.has_time and late == "today" else due(step.due_at)
        return f'<span class="when num{" text-lost" if late == "late" else ""}">{escape(said)}</span>'

    def _kind(self, step: Planned) -> str:
        if to := phones.address(step.phone or ""):
            who = f"&amp;person={step.person_id}" if step.person_id else ""
            said, log = escape(self.call % {"name": self._person(step)}), self._about(step, "log_")
            return f'<a class="btn btn-icon" href="{to}" data-call="{log}?call=1&amp;step={step.pk}{who}" aria-label="{said}">{self.icons["phone"]}</a>'
        drawn = {"meeting": "calendar", "mail": "mail", "call": "phone"}.get(step.kind)
        return f'<span class="todo-kind">{self.icons[drawn]}</span>' if drawn else ""

    def _later(self, step: Planned) -> str:
        """To another day, and to the log of what it is about."""
        later, said = address_of("step_postpone", self.slug, step.pk), escape(self.move % {"step": step.words})
        menu = (
            f'<details class="menu"><summary class="btn btn-ghost btn-icon" data-snooze aria-label="{said}">{self.icons["clock"]}</summary>'
            f'<form class="pop right-0 grid gap-1 p-2" method="post" action="{later}" hx-post="{later}" {SWAPPED}>{self.snooze}</form></details>'
        )
        log, said = self._about(step, "log_"), escape(self.log % {"step": step.words})
        return menu + (
            f'<a class="btn btn-ghost btn-icon" data-log data-dialog href="{log}?step={step.pk}" aria-label="{said}">{self.icons["sticky-note"]}</a>'
            if log
            else ""
        )
