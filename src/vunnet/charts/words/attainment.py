"""What is won of the quotas, where it will land, and whether enough stands open, in words."""

from __future__ import annotations

from math import ceil

from vunnet.analysis.answers import TOO_FEW, NotRecorded
from vunnet.analysis.attainment import Attainment, Held, QuotaPeriod
from vunnet.analysis.backtest import NOT_YET, TOO_FEW_PERIODS
from vunnet.analysis.coverage import Coverage
from vunnet.analysis.pace import ABOVE, BELOW, Needed, Pace
from vunnet.charts.language import Language


def attainment_title(result: Attainment, language: Language) -> str:
    whole, pace = result.current.whole, result.pace
    days = quota_days(result.current, language)
    if whole.attained is None:
        return language.say("{amount} won, no quota above 0, {days}", amount=language.money(whole.credited), days=days)
    share = language.percent(whole.attained)
    if isinstance(pace, NotRecorded):
        return language.say("{share} of the quota won, {days}", share=share, days=days)
    gone = language.percent(pace.gone)
    return language.say("{share} of the quota won, {gone} of its days gone", share=share, gone=gone)


def quota_days(period: QuotaPeriod, language: Language) -> str:
    """The quotas' first and last day."""
    several = period.first.year != period.last.year
    return f"{language.short_day(period.first, year=several)}–{language.day(period.last)}"


def attainment_measure(result: Attainment, language: Language) -> str:
    days = quota_days(result.current, language)
    if isinstance(result.pace, NotRecorded):
        return language.say("Won of the quota, {days}.", days=days)
    return language.say(
        "Won of the quota, {days}. Dashes = {gone} of its days gone; dot and bar = where all will land (80%).",
        days=days,
        gone=language.percent(result.pace.gone),
    )


def attainment_sentence(result: Attainment, language: Language) -> str:
    """What is won of the quota; while it runs, where that will land, what is missing, and what stands open for it."""
    say, period = language.say, result.current
    whole = period.whole
    said = []
    if whole.attained is not None:
        values = {
            "won": language.money(whole.credited, result.currency),
            "quota": language.money(whole.quota or 0.0, result.currency),
            "share": language.percent(whole.attained),
        }
        said.append(
            say("{won} of the quota of {quota} was won ({share}).", **values)
            if isinstance(result.pace, NotRecorded)
            else say("{won} of the quota of {quota} is won so far ({share}).", **values)
        )
    if period.without_quota:
        amount = language.short_money(period.without_quota)
        said.append(say("{amount} more was won without a quota.", amount=amount))
    if period.unpriced:
        said.append(
            language.count(
                "{n} deal won in these days carries no amount and adds nothing.",
                "{n} deals won in these days carry no amount and add nothing.",
                period.unpriced,
            )
        )
    if not isinstance(result.pace, NotRecorded):
        if result.of_holders:
            said.append(say("What follows is of the deals that those with a quota own."))
        said += [pace_sentence(result.pace, language), coverage_sentence(result.coverage, language)]
    return " ".join(said)


def pace_sentence(pace: Pace, language: Language) -> str:
    say = language.say
    day = language.short_day(pace.last)
    if isinstance(pace.landing, NotRecorded):
        said = [say("Where it will land is not told: {why}.", why=language.why(pace.landing))]
    else:
        low, high = language.short_money(pace.landing.p10), language.short_money(pace.landing.p90)
        values = {"span": f"{low}–{high}", "day": day}
        if pace.stands == ABOVE:
            said = [say("Likely {span} by {day} (80%): the quota lies above that.", **values)]
        elif pace.stands == BELOW:
            said = [say("Likely {span} by {day} (80%): the quota lies below that.", **values)]
        else:
            said = [say("Likely {span} by {day} (80%): the quota lies within that.", **values)]
        if pace.verdict == NOT_YET:
            said.append(say("Such intervals held too seldom before: not yet trustworthy."))
        elif pace.verdict == TOO_FEW_PERIODS:
            said.append(say("Too few past forecasts can be judged to say how good that is."))
    if not pace.gap:
        return " ".join([*said, say("The quota is reached.")])
    gap = language.short_money(pace.gap)
    if isinstance(pace.wins, NotRecorded):
        return " ".join([*said, say("{gap} is missing.", gap=gap)])
    mean = language.short_money(pace.mean_won or 0.0)
    missing = language.count(
        "{gap} is missing: {n} won deal of the usual {mean}.",
        "{gap} is missing: {n} won deals of the usual {mean}.",
        ceil(pace.wins),
        gap=gap,
        mean=mean,
    )
    return " ".join([*said, missing])


def coverage_sentence(result: Coverage | NotRecorded, language: Language) -> str:
    say = language.say
    if isinstance(result, NotRecorded):
        return say("Whether enough stands open is not told: {why}.", why=language.why(result))
    if not result.gap or result.open_ratio is None:
        return say("Open deals are worth {open}.", open=language.short_money(result.open))
    values = {"open": language.short_money(result.open), "times": _times(result.open_ratio, language)}
    if isinstance(result.due, NotRecorded) or isinstance(result.overdue, NotRecorded):
        said = [
            say(
                "Open deals are worth {open}, {times} times what is missing; when they are due is not recorded.",
                **values,
            )
        ]
    else:
        values |= {"due": language.short_money(result.due), "covers": _times(result.due_ratio, language)}
        said = [
            say(
                "Due by then is {due}, {covers} times what is missing; all open deals are {open}, {times} times.",
                **values,
            )
        ]
        if result.overdue:
            overdue = language.short_money(result.overdue)
            said.append(say("Of all of these, {overdue} should have closed before.", overdue=overdue))
    if result.unpriced:
        said.append(
            language.count("{n} open deal carries no amount.", "{n} open deals carry no amount.", result.unpriced)
        )
    past = result.past
    if isinstance(past, NotRecorded):
        return " ".join([*said, say("What earlier periods needed is not told: {why}.", why=language.why(past))])
    ends = {name: _times(getattr(past, name), language) for name in ("median", "low", "high")}
    n = language.number(len(past.periods))
    needed = say(
        "In the {n} periods before, at this point, all open deals were {median} times what was then won ({low}–{high}).",
        n=n,
        **ends,
    )
    return " ".join([*said, needed])


def _times(ratio: float | None, language: Language) -> str:
    """A multiple; infinite where nothing was won."""
    return "∞" if ratio is None else language.number(ratio, 1)


def held_name(held: Held, of: str, language: Language) -> str:
    """Whose quota it is: of "all", a "team" or a "member"."""
    if of == "all":
        return language.say("All together")
    if of == "team":
        return language.say("In no team") if held.name is None else language.say("Team {name}", name=held.name)
    return language.say("not filled in") if held.name is None else held.name


def held_mark(held: Held, of: str, language: Language) -> str:
    """One bar, standing alone."""
    return f"{held_name(held, of, language)}: {held_words(held, language)}"


def held_words(held: Held, language: Language) -> str:
    won = language.short_money(held.credited)
    if held.quota is None:
        return language.say("{won}, without a quota", won=won)
    said = language.say("{won} of {quota}", won=won, quota=language.short_money(held.quota))
    return said if held.attained is None else f"{language.percent(held.attained)}, {said}"


def landing_mark(pace: Pace, language: Language) -> str:
    """Where all will land, standing alone."""
    if isinstance(pace.landing, NotRecorded):
        return ""
    spread = pace.landing
    span = f"{language.short_money(spread.p10)}–{language.short_money(spread.p90)}"
    return language.say(
        "By {day}: {median} (80% {span})",
        day=language.short_day(pace.last),
        median=language.short_money(spread.p50),
        span=span,
    )


def needed_title(pace: Pace, language: Language) -> str:
    day = language.short_day(pace.last)
    return language.say("What closes the gap of {gap} by {day}", gap=language.short_money(pace.gap), day=day)


def needed_sentence(language: Language) -> str:
    return language.say(
        "So many deals entering the stage today would close the gap alone, at the mean won value and at the share that is "
        "won by then."
    )


def needed_words(one: Needed, language: Language) -> str:
    """How many deals, with the interval."""
    if one.entered < TOO_FEW:
        return language.say("too few to say")
    if one.deals is None or one.low is None:
        return language.say("none is won so soon")
    high = "∞" if one.high is None else language.number(ceil(one.high))
    return f"{language.number(ceil(one.deals))} ({language.number(ceil(one.low))}–{high})"
