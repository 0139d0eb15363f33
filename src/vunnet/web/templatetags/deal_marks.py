"""Marks of deals as HTML: next step, days in stage, team, and whole cards. Written without templates because a board holds hundreds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vunnet.deals.filters import SORTS, Sort
from vunnet.web.deals.cards import Card, Mate
from vunnet.web.templatetags.show import brief, clock, days_since, due, here, share

register = template.Library()
SHOWN = 3


@register.simple_tag
def step_mark(kind: str) -> SafeString:
    """Disc: late. Half: today. Ring: planned. Dashed: none. The form says it; the colour repeats it."""
    return format_html('<svg aria-hidden="true"><use href="#m-{}"/></svg>', kind)


@register.simple_tag
def step(card: Card) -> SafeString:
    """The next step in a few words behind its mark."""
    return mark_safe(_step(card))  # noqa: S308  # every value in it is escaped


def _step(card: Card) -> str:
    late = card.lateness
    return f'<span class="step" data-step="{late}"><svg aria-hidden="true"><use href="#m-{late}"/></svg><span>{escape(_words(card, late))}</span></span>'


def _words(card: Card, late: str) -> str:
    if card.step is None:
        return _("No next step")
    if late == "late" and card.days_late:
        return _("%(step)s, %(days)s d late") % {"step": card.step.words, "days": card.days_late}
    if late == "set":
        return f"{card.step.words} {due(card.step.due_at)}"
    return f"{card.step.words} {clock(card.step.due_at)}" if card.step.has_time else card.step.words


@register.simple_tag
def days(card: Card) -> SafeString:
    """Days in the stage; marked where 95 of 100 deals stay shorter."""
    return mark_safe(_days(card))  # noqa: S308


def _days(card: Card) -> str:
    words = _("%(days)s d") % {"days": days_since(card.entered_at)}
    if not card.is_stale:
        return f'<span class="days num">{words}</span>'
    why = escape(_("Longer than 95 of 100 deals stay in this stage"))
    return f'<span class="days num stale" title="{why}"><svg class="icon icon-sm" aria-hidden="true"><use href="#m-stale"/></svg>{words}</span>'


@register.simple_tag
def team_marks(mates: Sequence[Mate]) -> SafeString:
    """Up to three round marks, the greatest share first."""
    return mark_safe(_team(mates))  # noqa: S308


def _team(mates: Sequence[Mate]) -> str:
    marks = "".join(
        f'<span class="who" title="{escape(mate.name)}">{escape(mate.initials)}</span>' for mate in mates[:SHOWN]
    )
    return f'<span class="who-pair">{marks}</span>' if len(mates) > 1 else marks


@register.filter
def names(mates: Sequence[Mate]) -> str:
    """First names as one says them: "Astrid and Jonas"; one alone by the whole name."""
    if len(mates) < 2:
        return mates[0].name if mates else ""
    first = [mate.name.split()[0] if mate.name.split() else mate.name for mate in mates]
    if len(first) > SHOWN:
        rest = len(first) - 2
        return ngettext("%(names)s and %(n)s other", "%(names)s and %(n)s others", rest) % {
            "names": ", ".join(first[:2]),
            "n": rest,
        }
    return _("%(names)s and %(last)s") % {"names": ", ".join(first[:-1]), "last": first[-1]}


@register.simple_tag(takes_context=True)
def sort_address(context: dict[str, Any], name: str) -> str:
    """The list in another order: first the way one expects (amounts from the top), then the other way."""
    present: Sort = context["sort"]
    descending = not present.descending if present.name == name else SORTS[name][1]
    return here(context, sort=f"{'-' if descending else ''}{name}", after=None)


@register.simple_tag
def share_bar(mates: Sequence[Mate]) -> SafeString:
    """The split of a deal's credit as one bar."""
    parts, at = [], 0.0
    for n, mate in enumerate(mates):
        width = float(mate.share or 0) * 100
        parts.append(
            format_html(
                '<rect x="{}" width="{}" height="6" class="{}"/>',
                round(at, 2),
                max(0, round(width - 1.2, 2)),
                f"f-d{n % 3 + 1}",
            )
        )
        at += width
    label = ", ".join(f"{mate.name} {share(mate.share)}" for mate in mates)
    bar = '<svg class="block w-full h-1.5 mb-2" viewBox="0 0 98.8 6" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    return format_html(bar, label, SafeString("".join(parts)))


@register.simple_tag(takes_context=True)
def deal_cards(context: dict[str, Any], cards: Sequence[Card]) -> SafeString:
    """A column's cards."""
    member = context["member"]
    home = reverse("deal", args=[member.workspace.slug, 0]).removesuffix("0/")
    words = _("Move %(name)s to…") if member.may_write else ""
    return mark_safe("".join(_card(card, home, words) for card in cards))  # noqa: S308


def _card(card: Card, home: str, words: str) -> str:
    address, name = f"{home}{card.pk}/", escape(card.name)
    about = f"<p>{name}</p>" if card.company else ""
    menu = words and (
        f'<a class="card-menu" href="{address}move/" data-move aria-label="{escape(words % {"name": card.name})}">'
        '<svg class="icon icon-sm" aria-hidden="true"><use href="#m-menu"/></svg></a>'
    )
    return (
        f'<li class="deal" id="deal-{card.pk}" data-deal="{card.pk}" data-link="{card.link}"><a href="{address}">{escape(card.company) or name}</a>{about}'
        f'<div><span class="money num">{escape(brief(card.money))}</span>{_team(card.mates)}</div>'
        f'<div class="foot">{_step(card)}{_days(card)}</div>{menu}</li>'
    )
