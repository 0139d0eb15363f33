"""Where the quarter will land, and whether such sentences were right before."""

from __future__ import annotations

from vunnet.analysis.answers import NotRecorded, Share
from vunnet.analysis.backtest import NOT_YET, TOO_FEW_PERIODS, Backtest, Past, Spread
from vunnet.analysis.forecast import Forecast
from vunnet.analysis.question import DAY
from vunnet.analysis.reliability import Group
from vunnet.charts.language import BILLION, MILLION, THOUSAND, Language

VERY, LIKELY, EVEN = 0.9, 0.65, 0.35
AS_GOOD = 0.005  # less than half a per cent either way is as good


def amount(value: float, valued: bool, language: Language) -> str:
    """Money in short, or a number of wins."""
    if not valued:
        return language.number(round(value))
    return language.short_money(value) if value else "0"


def unit(most: float, valued: bool) -> float:
    """What the picture counts in: billions, millions, thousands or ones."""
    if not valued or most < 2 * THOUSAND:
        return 1.0
    return next((size for size in (BILLION, MILLION) if most >= 2 * size), THOUSAND)


def unit_name(size: float, language: Language) -> str:
    """The unit in words; nothing for ones."""
    if size == BILLION:
        return language.say("billions")
    if size == MILLION:
        return language.say("millions")
    return language.say("thousands") if size == THOUSAND else ""


def bare(value: float, size: float, language: Language, *, axis: bool = False) -> str:
    """A value in the picture's unit, to three digits; on an axis without needless ones."""
    scaled = value / size
    if axis:
        return language.number(
            scaled, 0 if scaled == round(scaled) else 1 if round(10 * scaled) == round(10 * scaled, 6) else 2
        )
    if size == 1.0 or abs(scaled) >= 100:
        return language.number(round(scaled))
    return language.number(scaled, 2 if abs(scaled) < 10 else 1)


def forecast_title(result: Forecast, language: Language) -> str:
    say = language.say
    if result.chance is None:
        shown, valued = _shown(result)
        span = said_span(shown, valued, language)
        day = language.short_day(result.until)
        return (
            say("Likely {span} by {day}", span=span, day=day)
            if valued
            else say("Likely {span} wins by {day}", span=span, day=day)
        )
    left = _left(result, language)
    if result.chance >= VERY:
        return say("Very likely to reach the target, {left}", left=left)
    if result.chance > LIKELY:
        return say("Likely to reach the target, {left}", left=left)
    if result.chance >= EVEN:
        return say("About even odds of reaching the target, {left}", left=left)
    if result.chance > 1 - VERY:
        return say("Unlikely to reach the target, {left}", left=left)
    return say("Very unlikely to reach the target, {left}", left=left)


def _left(result: Forecast, language: Language) -> str:
    if result.days_left >= 14:
        return language.count("{n} week out", "{n} weeks out", round(result.days_left / 7))
    return language.count("{n} day out", "{n} days out", result.days_left)


def _shown(result: Forecast) -> tuple[Spread, bool]:
    if isinstance(result.value, NotRecorded):
        return result.wins, False
    return result.value, True


def _most(result: Forecast) -> float:
    """The largest number the picture shows."""
    return max(_shown(result)[0].p97_5, result.target or 0.0)


def forecast_measure(result: Forecast, language: Language) -> str:
    say, span = language.say, {"first": language.short_day(result.begins), "last": language.day(result.until)}
    valued = not isinstance(result.value, NotRecorded)
    what = say("Value won {first} to {last}", **span) if valued else say("Deals won {first} to {last}", **span)
    if valued:
        named = (unit_name(unit(_most(result), valued), language), result.currency or "")
        what += "".join(f", {name}" for name in (" ".join(filter(None, named)),) if name)
    said = what + ". " + say("Shade = 50, 80 and 95% intervals")
    if result.chance is not None:
        return f"{said}; " + say("chance of the target {chance}.", chance=language.percent(result.chance))
    return said + "."


def forecast_sentence(result: Forecast, language: Language, stale: int | None = None) -> str:
    say = language.say
    shown, valued = _shown(result)
    span = said_span(shown, valued, language)
    said = []
    if result.target is not None and result.chance is not None:
        target, chance = amount(result.target, valued, language), language.percent(result.chance)
        said.append(
            say(
                "Likely {span} (80%); the chance of the target of {target} is {chance}.",
                span=span,
                target=target,
                chance=chance,
            )
        )
    else:
        said.append(say("Likely {span} (80%).", span=span))
    if result.won_so_far:
        _, wins, value = result.won_so_far[-1]
        so_far = amount(value if valued else wins, valued, language)
        said.append(say("So far {amount} in {deals}.", amount=so_far, deals=language.deals(wins)))
    said.append(
        language.count(
            "About {open} wins are expected from the {n} deal open now, and {new} from deals not yet opened.",
            "About {open} wins are expected from the {n} deals open now, and {new} from deals not yet opened.",
            result.open,
            open=language.number(round(result.from_open)),
            new=language.number(round(result.from_new)),
        )
    )
    if stale:
        said.append(
            language.count(
                "{n} open deal is stale; it is counted by how often deals that old were won.",
                "{n} open deals are stale; they are counted by how often deals that old were won.",
                stale,
            )
        )
    said.append(held_sentence(result.backtest, language))
    return " ".join(said)


def held_sentence(result: Backtest, language: Language) -> str:
    """How often the 80 % intervals of value and number held, and what that means for the one that is shown."""
    say, n = language.say, len(result.periods)
    if not n:
        return say("No past period can be judged yet, so nothing says how good this is.")
    values = {"wins": language.number(sum(one.held for one in result.periods)), "n": language.number(n)}
    if result.held_value is None:
        said = say("the 80% interval of the number won held in {wins} of {n} past periods", **values)
    else:
        values["value"] = language.number(sum(one.held_value or False for one in result.periods))
        said = say(
            "the 80% interval of the value held in {value} of {n} past periods, that of the number won in {wins}",
            **values,
        )
    verdict = result.verdict_value or result.verdict
    if verdict == NOT_YET:
        return say("Not yet trustworthy: {said}.", said=said)
    said = said[:1].upper() + said[1:]
    return say("{said}: too few periods to judge.", said=said) if verdict == TOO_FEW_PERIODS else said + "."


def past_title(result: Backtest, language: Language) -> str:
    """How often the interval of what is shown held, and what that means."""
    say = language.say
    told = [one.held if one.held_value is None else one.held_value for one in result.periods]
    values = {"held": language.number(sum(told)), "n": language.number(len(told))}
    verdict = result.verdict_value or result.verdict
    if verdict == NOT_YET:
        return say("Not yet trustworthy: the 80% interval held in {held} of {n} past periods", **values)
    if verdict == TOO_FEW_PERIODS:
        return say("The 80% interval held in {held} of {n} past periods, too few to judge", **values)
    return say("The 80% interval held in {held} of {n} past periods", **values)


def past_measure(result: Forecast, language: Language) -> str:
    last = result.backtest.periods[-1]
    ahead = language.long_days((last.until - last.as_of).days)
    if result.backtest.held_value is None:
        what = language.say("Deals won in the {days} after each forecast", days=ahead)
    else:
        what = language.say("Value won in the {days} after each forecast", days=ahead)
        what += f", {result.currency}" if result.currency else ""
    return language.say(
        "{what}; bar = 80% interval said, stroke = median, dot = what came, hollow where it lies outside.", what=what
    )


def past_days(one: Past, language: Language, *, short: bool = False) -> str:
    """The days that were forecast: "1 Mar–30 Mar 2026", on the phone without the year."""
    last = language.short_day(one.until) if short else language.day(one.until)
    return f"{language.short_day(one.as_of + DAY)}–{last}"


def said_span(said: Spread, valued: bool, language: Language) -> str:
    return f"{amount(said.p10, valued, language)}–{amount(said.p90, valued, language)}"


def said_and_came(said: Spread, came: float, valued: bool, language: Language) -> str:
    span = said_span(said, valued, language)
    return language.say("said {span}, came {came}", span=span, came=amount(came, valued, language))


def past_mark(one: Past, said: Spread, came: float, valued: bool, language: Language) -> str:
    """One past forecast, standing alone."""
    days, shown = past_days(one, language), said_and_came(said, came, valued, language)
    return f"{days}: {shown}: {language.deals(one.came)}"


def reliability_title(result: Backtest, language: Language) -> str:
    say = language.say
    apart = [group for group in result.groups if group.differs]
    if not apart:
        middle = result.groups[len(result.groups) // 2]
        said, came = language.percent(middle.said), language.percent(middle.came.rate or 0.0)
        return say("Where {said} was said, {came} were won; no group differs", said=said, came=came)
    n, every = language.number(len(apart)), language.number(len(result.groups))
    above = sum(group.said > (group.came.rate or 0.0) for group in apart)
    if above == len(apart):
        return say("The forecast promised too much in {n} of {all} groups", n=n, all=every)
    if above == 0:
        return say("The forecast promised too little in {n} of {all} groups", n=n, all=every)
    return say("The forecast missed in {n} of {all} groups", n=n, all=every)


def reliability_measure(result: Backtest, language: Language) -> str:
    values = {
        "forecasts": language.number(result.forecasts),
        "deals": language.deals(result.deals),
        "periods": language.count("{n} past period", "{n} past periods", len(result.periods)),
        "n": len(result.groups),
    }
    return language.say(
        "{forecasts} forecasts of {deals} in {periods}, in {n} groups of about equal size; bar = 95% interval, by deal.",
        **values,
    )


def reliability_sentence(result: Backtest, language: Language) -> str:
    say = language.say
    worst = max(result.groups, key=lambda group: abs(group.said - (group.came.rate or 0.0)))
    came = language.share(Share(worst.came.rate or 0.0, worst.came.low, worst.came.high))
    said = [
        say(
            "Where {said} was said, {of} forecasts came true: {came}.",
            said=language.percent(worst.said),
            of=of_deals(worst, language),
            came=came,
        )
    ]
    skill = result.skill
    if skill is not None and skill >= AS_GOOD:
        said.append(say("{skill} better (Brier) than giving all the average.", skill=language.percent(skill)))
    elif skill is not None:
        said.append(
            say("Giving all deals the average would have been as good (Brier).")
            if skill > -AS_GOOD
            else say("Giving all deals the average would have been better (Brier).")
        )
    return " ".join(said)


def of_deals(group: Group, language: Language) -> str:
    return language.say("{n} of {all}", n=language.number(group.came.won), all=language.number(group.came.closed))


def group_mark(group: Group, language: Language) -> str:
    """One group, standing alone."""
    came = language.share(Share(group.came.rate or 0.0, group.came.low, group.came.high))
    return language.say(
        "Said {said}, came true {came}: {of}",
        said=language.percent(group.said),
        came=came,
        of=of_deals(group, language),
    )


def stages_title(result: Forecast, language: Language) -> str:
    """Whether typed stage probabilities hold."""
    typed = [stage for stage in result.stages if stage.typed is not None]
    if not typed:
        return language.say("What each stage is worth, measured")
    apart = sum(stage.differs for stage in typed)
    if not apart:
        return language.say("No typed stage probability differs from what is measured")
    return language.count(
        "{n} of {all} typed stage probabilities differs from what is measured",
        "{n} of {all} typed stage probabilities differ from what is measured",
        apart,
        all=language.number(len(typed)),
    )
