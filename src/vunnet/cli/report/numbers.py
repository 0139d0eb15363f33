"""The three numbers on top of the file report: win rate, won within, won value."""

from __future__ import annotations

from html import escape

from vunnet.analysis.answers import TOO_FEW, NotRecorded, Rate, Share
from vunnet.analysis.report import Report
from vunnet.charts import Language, words
from vunnet.cli.report.meanings import Standing


def three_numbers(report: Report, language: Language) -> str:
    stands = Standing(report, language)
    within = report.within_days
    opened = 0 if isinstance(within, NotRecorded) else within.opened
    lines = (
        stands.of("rate", language.say("closed deals"), report.win_rate.by_count.closed),
        stands.of("within", language.say("days since opening"), opened),
        stands.of("value", language.say("won deals"), report.won.count),
    )
    three = (_win_rate(report, language), _within(report, language), _value(report, language))
    inside = "".join(f"<section>{one}{line}</section>" for one, line in zip(three, lines, strict=True))
    return f"<div class='ruled'>{inside}</div>\n"


def _big(number: str, unit: str, beside: str) -> str:
    small = f"<small>{escape(unit)}</small>" if unit else ""
    shown = f"<span class='big'>{escape(number)}{small}</span>"
    return f"<p class='figures'>{shown} <span class='range num'>{escape(beside)}</span></p>"


def _none(why: str) -> str:
    return f"<p class='figures'><span class='big none'>{escape(why)}</span></p>"


def _section(name: str, inside: str, sentence: str) -> str:
    return f"<h2>{escape(name)}</h2>{inside}<p class='say'>{escape(sentence)}</p>"


def _sign(language: Language) -> str:
    return language.percent(0.5)[2:]


def _win_rate(report: Report, language: Language) -> str:
    found = report.win_rate.by_count
    said = words.win_rate_sentence(report.win_rate, language)
    value = report.win_rate.value_told
    if value:
        shown = language.share(Share(value.rate or 0.0, value.low, value.high))
        said += " " + language.say("By value the rate is {rate}.", rate=shown)
    if found.rate is None or found.closed < TOO_FEW:
        return _section(language.say("Win rate"), _none(words.rate(found, language)), said)
    beside = f"{language.span_percent(found.low, found.high)} · n = {language.number(found.closed)}"
    return _section(language.say("Win rate"), _big(language.per_hundred(found.rate), _sign(language), beside), said)


def _within(report: Report, language: Language) -> str:
    found = report.within_days
    cut = found.cut if not isinstance(found, NotRecorded) else report.question.cut
    name = language.say("Won within {n} days", n=cut)
    if isinstance(found, NotRecorded):
        return _section(name, _none(language.say("not recorded")), language.why_sentence(found))
    early = _pair(language.say("By day {n}", n=cut), found.closed_within, language)
    later = _pair(language.say("Later"), found.closed_later, language)
    pairs = f"<ul class='pairs num'>{early}{later}</ul>"
    if isinstance(found.told, NotRecorded):
        return _section(name, _none(language.why(found.told)) + pairs, words.within_sentence(found, language))
    share = found.told
    beside = language.say(
        "{span} of {n} opened", span=language.span_percent(share.low, share.high), n=language.number(found.opened)
    )
    big = _big(language.per_hundred(share.share), _sign(language), beside)
    return _section(name, big + pairs, words.within_sentence(found, language))


def _pair(name: str, rate: Rate, language: Language) -> str:
    if rate.rate is None or rate.closed < TOO_FEW:
        shown = f"<span>{escape(words.rate(rate, language))}</span>"
    else:
        span, of = language.span(rate.low, rate.high), f"{language.number(rate.won)}/{language.number(rate.closed)}"
        shown = f"<span><b>{escape(language.percent(rate.rate))}</b> {span} · {of}</span>"
    return f"<li><span>{escape(name)}</span>{shown}</li>"


def _value(report: Report, language: Language) -> str:
    found = report.won
    name = language.say("Won value")
    if (
        isinstance(found.value, NotRecorded)
        or isinstance(found.median, NotRecorded)
        or isinstance(found.mean, NotRecorded)
    ):
        why = language.why_sentence(found.value) if isinstance(found.value, NotRecorded) else ""
        return _section(name, _none(language.deals(found.count)), why)
    number, _, unit = language.short_money(found.value).partition("\u00a0")
    unit = " ".join(part for part in (unit, found.currency or "") if part)
    beside = (
        f"{language.deals(found.count)} · {language.say('median {amount}', amount=language.short_money(found.median))}"
    )
    said = words.amounts_sentence(report.amounts, found, language)
    return _section(name, _big(number, f" {unit}" if unit else "", beside), said)
