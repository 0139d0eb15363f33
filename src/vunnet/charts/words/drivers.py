"""What goes with winning, in sentences: "goes with", never "causes"."""

from __future__ import annotations

from vunnet.analysis.drivers import GOES_WITH_LOSING, GOES_WITH_WINNING, HOURS, Driver, Drivers
from vunnet.analysis.evidence import NO_EVIDENCE
from vunnet.analysis.regression import Estimate
from vunnet.charts.language import Language

MINUTES = 60


def field(row: Driver, language: Language) -> str:
    """What a field is called; a source by its own name."""
    say = language.say
    names = {
        "team_size": say("Sellers on the deal"),
        "touches": say("Contacts so far"),
        "channels": say("Kinds of contact"),
        "people": say("Customer's people"),
        "response_time": say("First contact"),
        "first_move": say("First move on"),
        "size": say("Amount"),
    }
    return names.get(row.name) or row.value or row.name


def field_name(name: str, language: Language) -> str:
    """A field that is missing as a whole."""
    return {"source": language.say("Source")}.get(name) or field(_bare(name), language)


def _bare(name: str) -> Driver:
    return Driver(name, None, 0, 0, 0, None, None, None, None, None, None, None, None, "", ())


def step(row: Driver, language: Language) -> str:
    """What is compared with what: "5 rather than 2"."""
    if row.low is None or row.high is None:
        return language.say("rather than the others") if row.value is not None else language.say("alike in all deals")
    return language.say(
        "{high} rather than {low}", high=_level(row, row.high, language), low=_level(row, row.low, language)
    )


def _level(row: Driver, value: float, language: Language) -> str:
    if row.name == "size":
        return language.short_money(value)
    if row.name == "response_time" and 0 < value * HOURS < 1:
        return language.say("{n} min", n=language.number(round(value * HOURS * MINUTES)))
    if row.name in ("response_time", "first_move"):
        return language.days(value)
    return language.number(value)


def driver_verdict(row: Driver, language: Language) -> str:
    say = language.say
    words = {
        GOES_WITH_WINNING: say("goes with winning"),
        GOES_WITH_LOSING: say("goes with losing"),
        NO_EVIDENCE: say("no evidence"),
    }
    return words.get(row.verdict) or say("too few to say")


def drivers_title(result: Drivers, language: Language) -> str:
    gaining = [field(row, language) for row in result.rows if row.verdict == GOES_WITH_WINNING]
    losing = [field(row, language) for row in result.rows if row.verdict == GOES_WITH_LOSING]
    if not any(row.marginal_effect for row in result.rows):
        return language.say("Too few deals to say what goes with winning")
    if not gaining and not losing:
        return language.say("Nothing measured here goes with winning, once compared fairly")
    if gaining:
        return language.say("Goes with winning, compared fairly: {names}", names=language.names(gaining))
    return language.say("Goes with losing, compared fairly: {names}", names=language.names(losing))


def drivers_measure(result: Drivers, language: Language) -> str:
    return language.say(
        "Difference in win rate, percentage points, among {deals} open on day {day}. Dot: adjusted, 95% interval. "
        "Struck ring: plain comparison, counted till close; a deal that lives longer collects more of everything.",
        deals=language.deals(result.deals),
        day=result.landmark,
    )


def drivers_sentence(result: Drivers, language: Language) -> str:
    told = [row for row in result.rows if row.verdict in (GOES_WITH_WINNING, GOES_WITH_LOSING)]
    said = [_told(row, result, language) for row in told]
    misleading = next((row for row in result.rows if row.name == "touches" and _misleads(row)), None)
    misleading = misleading or next((row for row in result.rows if row.value is None and _misleads(row)), None)
    if misleading and misleading.naive_effect:
        values = {"field": field(misleading, language), "points": language.points(misleading.naive_effect.value)}
        said.append(language.say("{field}: the plain {points} points do not hold once compared fairly.", **values))
    if not said and any(row.marginal_effect for row in result.rows):
        said.append(language.say("Nothing here shows that one way of working is won more often than another."))
    if told:
        said.append(language.say("This goes together; it need not be the cause."))
    return " ".join([*said, few_drivers(result, language)]).strip()


def _told(row: Driver, result: Drivers, language: Language) -> str:
    effect = row.marginal_effect
    values = {
        "field": field(row, language),
        "step": step(row, language),
        "day": result.landmark,
        "points": points(effect, language) if effect else "",
    }
    return language.say("{field}, {step}: {points} among deals open on day {day}.", **values)


def _misleads(row: Driver) -> bool:
    """The plain figure looks like something, and lies outside of what the fair one, not told from none, leaves open."""
    naive, fair = row.naive_effect, row.marginal_effect
    if naive is None or fair is None or row.verdict != NO_EVIDENCE or naive.low <= 0 <= naive.high:
        return False
    return not fair.low <= naive.value <= fair.high


def points(found: Estimate, language: Language) -> str:
    span = language.points_span(found.low, found.high)
    return language.say("{points} points ({span})", points=language.points(found.value), span=span)


def driver_mark(row: Driver, language: Language, *, plain: bool = False) -> str:
    name = f"{field(row, language)}, {step(row, language)}"
    if plain:
        shown = points(row.naive_effect, language) if row.naive_effect else ""
        return f"{name}, {language.say('plain comparison')}: {shown}"
    return f"{name}: {points(row.marginal_effect, language) if row.marginal_effect else ''}"


def few_drivers(result: Drivers, language: Language) -> str:
    """The fields of which there is too little."""
    few = [field(row, language) for row in result.rows if row.marginal_effect is None]
    return language.say("Too few to say: {names}.", names=", ".join(few)) if few else ""
