"""What things are called: outcomes, attributes, members, verdicts."""

from __future__ import annotations

from vunnet.analysis.answers import TOO_FEW, TOO_FEW_WORDS, Rate, Share
from vunnet.analysis.bands import Band
from vunnet.analysis.evidence import DIFFERS, HIGHER, LOWER, NO_EVIDENCE
from vunnet.analysis.journeys import OPENED
from vunnet.analysis.question import ATTRIBUTE
from vunnet.analysis.won import Part
from vunnet.charts.language import Language


def outcome(name: str, language: Language) -> str:
    """Won, Lost, Cancelled, Open."""
    say = language.say
    names = {"won": say("Won"), "lost": say("Lost"), "cancelled": say("Cancelled"), "open": say("Open")}
    return names[name]


def stage(name: str, language: Language) -> str:
    """A stage's own name; the derived one is ours to translate."""
    return language.say("Opened") if name == OPENED else name


def attribute(name: str, language: Language) -> str:
    """What a segment is called."""
    say = language.say
    names = {
        "owner": say("Seller"),
        "team": say("Team"),
        "product": say("Product"),
        "source": say("Source"),
        "segment": say("Segment"),
        "pipeline": say("Pipeline"),
        "size": say("Size"),
        "customer": say("Customer"),
        "quarter": say("Quarter"),
    }
    return names.get(name) or name.removeprefix(ATTRIBUTE).replace("_", " ").capitalize()


def status(name: str, language: Language) -> str:
    """New, first in our records, existing, won back."""
    say = language.say
    names = {
        "new": say("new"),
        "first_in_records": say("first in our records"),
        "existing": say("existing"),
        "won_back": say("won back"),
    }
    return names[name]


def member(split: str | None, value: str | None, language: Language, sizes: tuple[Band, ...] = ()) -> str:
    """One member of a split in words."""
    if value is None:
        return language.say("not filled in")
    if value == "other":
        return language.say("other")
    if split == "size" and value.isdigit() and int(value) < len(sizes):
        return language.band(sizes[int(value)])
    return status(value, language) if split == "customer" else value


def part(group: str, part: Part, language: Language) -> str:
    """One part of the won deals in words."""
    if part.band:
        return language.band(part.band)
    return member(group, part.value, language)


def verdict(word: str, language: Language) -> str:
    """A verdict of the analysis, in the reader's language."""
    say = language.say
    words = {
        NO_EVIDENCE: say("no evidence of a difference"),
        HIGHER: say("differs: higher"),
        LOWER: say("differs: lower"),
        DIFFERS: say("differs"),
        TOO_FEW_WORDS: say("too few to say"),
        "not compared": say("not compared"),
    }
    return words.get(word, word)


def differs(word: str, language: Language) -> str:
    return language.say("higher") if word == HIGHER else language.say("lower")


def rate(rate: Rate, language: Language, digits: int = 0) -> str:
    """A rate with its interval, or why there is none."""
    if rate.rate is None:
        return language.say("nothing closed")
    if rate.closed < TOO_FEW:
        return language.say(
            "too few to say ({won} of {closed})", won=language.number(rate.won), closed=language.number(rate.closed)
        )
    return language.share(Share(rate.rate, rate.low, rate.high), digits)
