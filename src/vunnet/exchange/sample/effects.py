"""The numbers behind the sample year: the pipeline, and what is true in it."""

from __future__ import annotations

from dataclasses import dataclass

PIPELINE = "Heating, Norway"


@dataclass(frozen=True)
class Step:
    """An open stage: typed probability (per cent), the share that goes on, and the median days to leave it."""

    name: str
    probability: float
    goes_on: float
    median_days: float


STEPS = (
    Step("New prospect", 5, 0.74, 3.0),
    Step("Contacted", 10, 0.76, 3.5),
    Step("Needs mapped", 25, 0.78, 5.0),
    Step("Site visit", 40, 0.84, 5.0),
    Step("Quote sent", 60, 0.70, 8.0),
    Step("Negotiation", 80, 0.87, 4.0),
)
WON, LOST, CANCELLED = "Won", "Lost", "Cancelled"
SPREAD = 0.85  # of the logarithm of a stay
CANCELLED_OF_LEAVERS = 0.14
SKIPS, TURNS_BACK, GOES_QUIET = 0.05, 0.035, 0.035

# Effects on the logit of going on, at every stage.
REFERRAL = 0.30
BOUGHT_BEFORE = 0.30
PER_DOUBLING_OF_AMOUNT = -0.10
SECOND_SELLER = 0.28
EARLY_CONTACTS = 0.12
LATE_QUOTES = -0.55  # in "Quote sent", during the last quarter
LATE_QUOTES_SLOWER = 1.7
QUARTER_END_PULL = (
    0.35  # share of wins that are hurried to the last two weeks of the quarter they would nearly have made
)

MONTHS = (1.0, 1.05, 1.15, 0.95, 1.0, 0.95, 0.35, 0.95, 1.3, 1.3, 1.2, 0.6)

SOURCES = {"Web": 0.30, "Referral": 0.22, "Trade fair": 0.12, "Cold call": 0.18, "Partner": 0.18}
PRODUCTS = {
    "Air–water pump": (0.30, 320_000),
    "Ground-source pump": (0.22, 780_000),
    "Heat recovery": (0.16, 540_000),
    "Energy monitoring": (0.17, 120_000),
    "Service agreement": (0.15, 70_000),
}
LOSS_REASONS = {"Price": 0.34, "Chose a competitor": 0.24, "No decision": 0.2, "No budget": 0.12, "Timing": 0.1}
WIN_REASONS = {"Best solution": 0.35, "Price": 0.2, "Relationship": 0.25, "Delivery time": 0.1, "Service": 0.1}
COMPETITORS = ("Varmepumpehuset", "Nordkraft Varme", "Kuldeteknikk Vest")
