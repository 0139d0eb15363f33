"""Time to close in sentences."""

from __future__ import annotations

from vunnet.analysis.answers import TOO_FEW, Share
from vunnet.analysis.survival import Curve
from vunnet.analysis.time_to_close import TimeToClose
from vunnet.charts.language import Language
from vunnet.charts.words.terms import outcome

JUMP = 0.1


def incidence_title(result: TimeToClose, cut: int, language: Language) -> str:
    if result.opened < TOO_FEW:
        return language.say("Under ten deals are too few to say how soon they close")
    won = result.at("won", cut)
    if won is None:
        return language.say("No deal has been followed for {n} days yet", n=cut)
    return language.say(
        "Of all deals opened, {share} are won within {n} days", share=language.percent(won.share), n=cut
    )


def incidence_measure(result: TimeToClose, language: Language) -> str:
    return language.say(
        "Share of {deals} opened that ended each way, by days since opening; band = 95% interval.",
        deals=language.deals(result.opened),
    )


def incidence_sentence(result: TimeToClose, cut: int, until: int, language: Language) -> str:
    if result.opened < TOO_FEW:
        return language.count(
            "{n} deal was opened: too few to say.", "{n} deals were opened: too few to say.", result.opened
        )
    early, late = result.at("won", cut), result.at("won", until)
    if early is None or late is None:
        return language.say("No deal has been followed for {n} days yet.", n=cut)
    values = {
        "early": language.per_hundred(early.share),
        "cut": cut,
        "late": language.per_hundred(late.share),
        "until": until,
    }
    said = [language.say("{early} of 100 deals are won within {cut} days and {late} within {until}.", **values)]
    if result.median_days_to_close is not None:
        said.append(
            language.say(
                "Half have closed, one way or the other, by day {n}.",
                n=language.number(round(result.median_days_to_close)),
            )
        )
    cliff = _cliff(result.curve, until)
    if cliff:
        said.append(language.say("Losses and cancellations jump around day {n}.", n=cliff))
    return " ".join(said)


def _cliff(curve: Curve, until: int) -> int | None:
    """A day within which a tenth of all deals is lost or cancelled, after the first two."""
    if not curve.n:
        return None
    left = [
        lost + gone for lost, gone in zip(*(curve.shares(cause, range(until + 1)) for cause in (2, 3)), strict=True)
    ]
    jump, day = max(((left[day] - left[day - 1], day) for day in range(3, until + 1)), default=(0.0, 0))
    return day if jump >= JUMP else None


def incidence_mark(name: str, share: Share, cut: int, language: Language) -> str:
    return f"{outcome(name, language)}, {language.say('day {n}', n=cut)}: {language.share(share, 1)}"
