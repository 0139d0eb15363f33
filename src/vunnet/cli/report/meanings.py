"""What the words of the file report mean, and the line beneath each figure that leads there."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from vunnet.analysis.report import Report
from vunnet.charts import Language
from vunnet.cli.report.reading import standing


@dataclass(frozen=True)
class Standing:
    """Makes the lines beneath the figures of one report: definition, date basis, n, filters, as of, zone, durations."""

    report: Report
    language: Language

    def __call__(self, meaning: str, basis: str, n: str) -> str:
        """As HTML. `meaning`: a key of `meanings`; `n`: how many are counted, already as their reader writes it."""
        definition = escape(self.language.say("Definition"))
        rest = " · ".join([basis, f"n = {n}", standing(self.report, self.language)])
        return f"<p class='standing num'><a href='#means-{meaning}'>{definition}</a> · {escape(rest)}</p>"

    def of(self, meaning: str, basis: str, n: float) -> str:
        return self(meaning, basis, self.language.number(n))


def meanings(report: Report, language: Language) -> dict[str, tuple[str, str]]:
    """Each term and what it means, by the key its figures name."""
    say = language.say
    return {
        "rate": (
            say("Win rate"),
            say("Won of won and lost deals; cancelled ones count neither way. 95% interval by Wilson."),
        ),
        "within": (
            say("Won within {n} days", n=report.question.cut),
            say(
                "Share of all deals opened that is won by then, counting those still open as not known (Aalen–Johansen)."
            ),
        ),
        "value": (
            say("Won value"),
            say("The amounts of the won deals. The median is the typical deal; a few large ones pull the mean up."),
        ),
        "funnel": (
            say("Go on (95%)"),
            say(
                "Share that ever reaches a later stage or is won, from entering the stage; "
                "losing and cancelling compete (Aalen–Johansen)."
            ),
        ),
        "stay": (
            say("Stay"),
            say("Median days in the stage; deals still there count as not yet left (Kaplan–Meier)."),
        ),
        "time": (
            say("Time to close"),
            say(
                "Share of all deals opened that was won, lost or cancelled by each day since; the three compete, and open "
                "deals count as long as they were followed (Aalen–Johansen)."
            ),
        ),
        "cohorts": (
            say("Cohorts"),
            say(
                "Deals by the month they were opened in, and the share won by so many days after; blank until the "
                "month's youngest deal has been followed that long."
            ),
        ),
        "won": (
            say("Won deals"),
            say(
                "Count and value by lines or the main product, by the sellers' shares, by source, quarter of closing and "
                "customer; beside them the win rate of the closed deals of the part."
            ),
        ),
        "estimate": (
            say("Best estimate"),
            say("The rate drawn towards everyone's by how little was seen (empirical Bayes)."),
        ),
        "verdict": (
            say("Verdict"),
            say(
                "Differs: under 5% false alarms among such claims (Benjamini–Hochberg). "
                "Under ten closed deals is too few to say."
            ),
        ),
        "signals": (
            say("Ordinary variation"),
            say(
                "Ups and downs within the limits: three sigma around the usual, set on the first 24 periods. "
                "A signal lies beyond them, or is the eighth in a row on one side."
            ),
        ),
        "forecast": (
            say("Forecast"),
            say(
                "Each open deal by its stage and how long it has stood there, deals not yet opened by the last half year, "
                "2,000 simulations; what past forecasts missed widens it."
            ),
        ),
        "past": (
            say("Past forecasts"),
            say(
                "The same forecast made on past days, with what was known then, for as many days ahead; and what came."
            ),
        ),
        "reliability": (
            say("What was said of open deals"),
            say("Open deals of past days in up to ten groups: what was said of them, and how often it came true."),
        ),
        "attainment": (
            say("Quotas"),
            say(
                "Value of the deals won in the quota's period, shared deals by their shares, over the quota; a team's is the sum "
                "over its members. Where it lands is the forecast's 80% interval."
            ),
        ),
        "leaks": (
            say("Leaks"),
            say(
                "What would come back in a year if the stage went on as in its own better quarters (their upper quartile, "
                "shrunk). A lower end at 0 is no evidence of a leak."
            ),
        ),
        "drivers": (
            say("What goes with winning"),
            say(
                "Among deals still open on the landmark day, what was known by then and what became of them after it; "
                "adjusted for size, source, seller, customer and stage. It goes with winning; it need not cause it."
            ),
        ),
        "repeat": (
            say("Customers who come back"),
            say(
                "From a win to the same company's next; who has not come back counts as long as it was followed (Kaplan–Meier)."
            ),
        ),
        "velocity": (say("Sales velocity"), say("Worked deals × win rate × mean won value / mean days to win.")),
        "mix": (
            say("Mix or rate"),
            say(
                "The change in win rate between two periods, told apart: another mix of deals, or other rates within the "
                "same kinds. The parts add up exactly (Kitagawa)."
            ),
        ),
        "customer": (
            say("Customer"),
            say(
                "Decided when the deal was opened, from the company's earlier wins or, where it is known, the day it first bought; "
                "won back after 24 months."
            ),
        ),
    }


def definitions(report: Report, language: Language) -> str:
    """All of them, folded; a link to one opens it."""
    inside = "".join(
        f"<dt id='means-{key}'>{escape(term)}</dt><dd>{escape(meaning)}</dd>"
        for key, (term, meaning) in meanings(report, language).items()
    )
    heading = escape(language.say("What the words mean"))
    return f"<section class='notes'><details><summary>{heading}</summary><dl>{inside}</dl></details></section>\n"
