"""Marks of deals as HTML: next step, days in stage, team, whole cards. A board holds hundreds: no templates here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vunnet.web.addresses import address_of
from vunnet.web.deals.cards import Card, Mate, is_stale, lateness
from vunnet.web.templatetags.show import brief, due_in, share

register = template.Library()
SHOWN = 3


class Printer:
    """Cards as HTML, with the clock and the words of one page read once. Every value is escaped."""

    def __init__(self) -> None:
        self.now: datetime = timezone.localtime()
        self.today = self.now.date()
        self.no_step, self.late, self.days_words = (
            escape(_("No next step")),
            _("%(step)s, %(days)s d late"),
            _("%(days)s d"),
        )
        self.why = escape(_("Longer than 95 of 100 deals stay in this stage"))

    def step(self, card: Card) -> str:
        """The next step in a few words behind its mark."""
        late = lateness(card.step, self.now)
        words = self._words(card, late)
        mark = f'<svg aria-hidden="true"><use href="#m-{late}"/></svg>'
        return f'<span class="step" data-step="{late}">{mark}<span>{words}</span></span>'

    def _words(self, card: Card, late: str) -> str:
        step = card.step
        if step is None:
            return self.no_step
        at = step.due_at.astimezone(self.now.tzinfo)
        if late == "late" and (days := (self.today - at.date()).days):
            return escape(self.late % {"step": step.words, "days": days})
        if late == "set":
            return escape(f"{step.words} {due_in((at.date() - self.today).days, at.date())}")
        return escape(f"{step.words} {at:%H:%M}" if step.has_time else step.words)

    def days(self, card: Card) -> str:
        """Days in the stage; marked where 95 of 100 deals stay shorter."""
        entered = card.entered_at and card.entered_at.astimezone(self.now.tzinfo).date()
        words = self.days_words % {"days": max(0, (self.today - entered).days) if entered else 0}
        if not is_stale(card, self.now):
            return f'<span class="days num">{words}</span>'
        mark = '<svg class="icon icon-sm" aria-hidden="true"><use href="#m-stale"/></svg>'
        return f'<span class="days num stale" title="{self.why}">{mark}{words}</span>'

    def card(self, card: Card, address: str, menu: str) -> str:
        """A deal on the board. `menu`: the name of its menu, empty for who may not move it."""
        name = escape(card.name)
        about = f"<p>{name}</p>" if card.company else ""
        move = menu and (
            f'<a class="card-menu" href="{address}move/" data-move aria-label="{menu % {"name": name}}">'
            '<svg class="icon icon-sm" aria-hidden="true"><use href="#m-menu"/></svg></a>'
        )
        return (
            f'<li class="deal" id="deal-{card.pk}" data-deal="{card.pk}" data-link="{card.link}">'
            f'<a href="{address}">{escape(card.company) or name}</a>{about}'
            f'<div><span class="money num">{brief(card.money)}</span>{team(card.mates)}</div>'
            f'<div class="foot">{self.step(card)}{self.days(card)}</div>{move}</li>'
        )


def team(mates: Sequence[Mate]) -> str:
    """Up to three round marks, the greatest share first."""
    marks = "".join(
        [f'<span class="who" title="{escape(mate.name)}">{escape(mate.initials)}</span>' for mate in mates[:SHOWN]]
    )
    return f'<span class="who-pair">{marks}</span>' if len(mates) > 1 else marks


@register.simple_tag(takes_context=True)
def deal_cards(context: dict[str, Any], cards: Sequence[Card]) -> SafeString:
    """A column's cards."""
    member = context["member"]
    menu = escape(_("Move %(name)s to…")) if member.may_write else ""
    printer, slug = Printer(), member.workspace.slug
    return mark_safe("".join([printer.card(card, address_of("deal", slug, card.pk), menu) for card in cards]))  # noqa: S308


@register.simple_tag
def step_mark(kind: str) -> SafeString:
    """Disc: late. Half: today. Ring: planned. Dashed: none. The form says it; the colour repeats it."""
    return format_html('<svg aria-hidden="true"><use href="#m-{}"/></svg>', kind)


@register.simple_tag
def step(card: Card) -> SafeString:
    return mark_safe(Printer().step(card))  # noqa: S308


@register.simple_tag
def days(card: Card) -> SafeString:
    return mark_safe(Printer().days(card))  # noqa: S308


@register.simple_tag
def team_marks(mates: Sequence[Mate]) -> SafeString:
    return mark_safe(team(mates))  # noqa: S308


@register.filter
def names(mates: Sequence[Mate]) -> str:
    """First names as one says them: "Astrid and Jonas"; one alone by the whole name."""
    if len(mates) < 2:
        return mates[0].name if mates else ""
    first = [mate.name.split()[0] if mate.name.split() else mate.name for mate in mates]
    if len(first) > SHOWN:
        rest = len(first) - 2
        words = ngettext("%(names)s and %(n)s other", "%(names)s and %(n)s others", rest)
        return words % {"names": ", ".join(first[:2]), "n": rest}
    return _("%(names)s and %(last)s") % {"names": ", ".join(first[:-1]), "last": first[-1]}


@register.simple_tag
def share_bar(mates: Sequence[Mate]) -> SafeString:
    """The split of a deal's credit as one bar."""
    parts, at = [], 0.0
    for n, mate in enumerate(mates):
        width = float(mate.share or 0) * 100
        part = '<rect x="{}" width="{}" height="6" class="f-d{}"/>'
        parts.append(format_html(part, round(at, 2), max(0, round(width - 1.2, 2)), n % 3 + 1))
        at += width
    label = ", ".join(f"{mate.name} {share(mate.share)}" for mate in mates)
    frame = '<svg class="block w-full h-1.5 mb-2" viewBox="0 0 98.8 6" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    return format_html(frame, label, SafeString("".join(parts)))
