"""One deal's life: from stage to stage by the odds of effects.py, with its contacts, until it closes or the last day comes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import exp, log, log2
from random import Random
from typing import Any

from vunnet.exchange.sample import effects, names
from vunnet.exchange.sample.chance import one_of, poisson

KINDS = (
    ("call", names.CALLS, 0.45),
    ("mail", names.MAILS, 0.35),
    ("meeting", names.MEETINGS, 0.12),
    ("note", names.NOTES, 0.08),
)

KIND_SHARES = [share for _kind, _subjects, share in KINDS]


@dataclass(frozen=True)
class Deal:
    """What is known of a deal when it is opened. `owner` is a seller and their team."""

    deal_id: str
    company: int
    opened_at: datetime
    product: str
    amount: int
    source: str
    owner: tuple[str, str]
    second: str | None
    people: list[str]


@dataclass
class Life:
    """What became of a deal by the last day."""

    deal: Deal
    visits: list[dict[str, Any]] = field(default_factory=list)
    activities: list[dict[str, Any]] = field(default_factory=list)
    outcome: str = "open"
    closed_at: datetime | None = None
    lost_from: str = ""
    reason: str | None = None
    competitor: str | None = None
    expected: date | None = None

    def row(self, firm: dict[str, Any], currency: str) -> dict[str, Any]:
        """The deal as a row of an export."""
        deal, won = self.deal, self.outcome == "won"
        return {
            "deal_id": deal.deal_id, "external_id": deal.deal_id, "outcome": self.outcome, "created_at": deal.opened_at, "closed_at": self.closed_at,
            "amount": deal.amount, "currency": currency, "owner": deal.owner[0], "team": deal.owner[1], "company": firm["name"],
            "company_id": firm["external_id"], "person": deal.people[0] if deal.people else None, "person_ids": deal.people, "product": deal.product,
            "source": deal.source, "segment": firm["industry"], "pipeline": effects.PIPELINE, "stage": effects.WON if won else self.lost_from,
            "stage_now": {"won": effects.WON, "lost": effects.LOST, "cancelled": effects.CANCELLED}.get(self.outcome, self.lost_from),
            "expected_close_on": self.expected, "name": f"{deal.product}, {firm['city']}", "win_reason": self.reason if won else None,
            "loss_reason": None if won else self.reason, "team_members": [deal.second] if deal.second else [],
        }  # fmt: skip


def live(deal: Deal, bought_before: bool, end: datetime, touches: float, random: Random) -> Life:
    """Let a deal live until it closes or `end` comes."""
    life = Life(deal)
    early = poisson(random, 1.2)
    logit = _logit_shift(deal, bought_before, early)
    at, k, quiet = deal.opened_at, 0, random.random() < effects.GOES_QUIET
    quiet_from = random.randrange(len(effects.STEPS))
    while True:
        step = effects.STEPS[k]
        leaves = _later(at, _stay(step, at, end, random))
        if leaves > end or (quiet and k >= quiet_from):
            _stay_there(life, k, at, end, random)
            break
        went, k_next = _next(k, step, logit, leaves, end, random)
        if went in ("won", "lost", "cancelled"):
            _close(life, k, at, leaves, went, end, random)
            break
        life.visits.append(_visit(deal, step.name, at, leaves, effects.STEPS[k_next].name))
        at, k = leaves, k_next
    _contacts(life, early, touches, end, random)
    return life


def _logit_shift(deal: Deal, bought_before: bool, early: int) -> float:
    shift = effects.PER_DOUBLING_OF_AMOUNT * log2(deal.amount / 300_000)
    shift += effects.REFERRAL if deal.source == "Referral" else -0.05
    shift += effects.BOUGHT_BEFORE if bought_before else 0.0
    shift += effects.SECOND_SELLER if deal.second else 0.0
    return shift + (effects.EARLY_CONTACTS if early >= 2 else 0.0)


def _is_late(at: datetime, end: datetime) -> bool:
    return at > end - timedelta(days=91)


def _stay(step: effects.Step, at: datetime, end: datetime, random: Random) -> float:
    slower = effects.LATE_QUOTES_SLOWER if step.name == "Quote sent" and _is_late(at, end) else 1.0
    return slower * step.median_days * exp(random.gauss(0, effects.SPREAD))


def _later(at: datetime, days: float) -> datetime:
    """Some days on, in office hours of a working day, and never earlier."""
    then = at + timedelta(days=days)
    if then.weekday() > 4:
        then += timedelta(days=7 - then.weekday())
    office = then.replace(hour=6 + then.hour % 9, microsecond=0)
    return max(office, at + timedelta(minutes=20))


def _next(k: int, step: effects.Step, logit: float, at: datetime, end: datetime, random: Random) -> tuple[str, int]:
    base = log(step.goes_on / (1 - step.goes_on)) + logit
    base += effects.LATE_QUOTES if step.name == "Quote sent" and _is_late(at, end) else 0.0
    if random.random() < 1 / (1 + exp(-base)):
        if k == len(effects.STEPS) - 1:
            return "won", k
        return "on", min(len(effects.STEPS) - 1, k + (2 if random.random() < effects.SKIPS else 1))
    if k > 0 and random.random() < effects.TURNS_BACK:
        return "back", k - 1
    return ("cancelled" if random.random() < effects.CANCELLED_OF_LEAVERS else "lost"), k


def _visit(deal: Deal, stage: str, entered: datetime, left: datetime | None, following: str | None) -> dict[str, Any]:
    return {
        "deal_id": deal.deal_id,
        "stage": stage,
        "entered_at": entered,
        "left_at": left,
        "next_stage": following,
        "amount": deal.amount,
    }


def _stay_there(life: Life, k: int, at: datetime, end: datetime, random: Random) -> None:
    life.visits.append(_visit(life.deal, effects.STEPS[k].name, at, None, None))
    life.lost_from = effects.STEPS[k].name
    ahead = sum(step.median_days for step in effects.STEPS[k:])
    life.expected = (at + timedelta(days=ahead * random.uniform(0.8, 1.8))).date()
    if random.random() < 0.78:
        due = end.date() + timedelta(days=random.choice((-9, -4, -2, -1, 0, 0, 0, 1, 1, 2, 3, 4, 6, 9)))
        kind = random.choice(("call", "task", "mail"))
        life.activities.append(
            _activity(life, kind, random.choice(names.STEPS), None, len(life.activities)) | {"due_on": due}
        )


def _close(life: Life, k: int, entered: datetime, at: datetime, outcome: str, end: datetime, random: Random) -> None:
    at = _hurried(at, entered, random) if outcome == "won" else at
    name = {"won": effects.WON, "lost": effects.LOST}.get(outcome, effects.CANCELLED)
    life.visits.append(_visit(life.deal, effects.STEPS[k].name, entered, at, name))
    life.visits.append(_visit(life.deal, name, at, None, None))
    life.outcome, life.closed_at, life.lost_from = outcome, at, effects.STEPS[k].name
    life.expected = (at + timedelta(days=int(random.gauss(6, 14)))).date()
    reasons = effects.WIN_REASONS if outcome == "won" else effects.LOSS_REASONS
    if outcome != "cancelled":
        life.reason = one_of(reasons, random)
    if life.reason == "Chose a competitor":
        life.competitor = random.choice(effects.COMPETITORS)


def _hurried(at: datetime, entered: datetime, random: Random) -> datetime:
    """A win in the first weeks of a quarter, drawn into the last days of the one before."""
    start = at.replace(month=3 * ((at.month - 1) // 3) + 1, day=1, hour=0, minute=0)
    into = (at - start).days
    if into > 35 or random.random() > effects.QUARTER_END_PULL:
        return at
    earlier = _later(start - timedelta(days=random.randrange(2, 12)), 0)
    return earlier if earlier > entered + timedelta(hours=1) and earlier < start else at


def _contacts(life: Life, early: int, per_deal: float, end: datetime, random: Random) -> None:
    """Contacts over the deal's life: the early ones, then at a steady pace while it lives."""
    last = life.closed_at or min(end, life.visits[-1]["entered_at"] + timedelta(days=45))
    days = max((last - life.deal.opened_at).total_seconds() / 86400, 0.05)
    pace = poisson(random, per_deal * days / 38) if per_deal else 0
    moments = [random.uniform(0, min(7.0, days)) for _n in range(early if per_deal else 0)] + [
        random.uniform(0, days) for _n in range(pace)
    ]
    for offset in sorted(moments):
        kind, subjects, _share = random.choices(KINDS, KIND_SHARES)[0]
        at = min(_later(life.deal.opened_at, offset), last)
        life.activities.append(_activity(life, kind, random.choice(subjects), at, len(life.activities)))


def _activity(life: Life, kind: str, subject: str, at: datetime | None, n: int) -> dict[str, Any]:
    deal = life.deal
    return {
        "external_id": f"{deal.deal_id}-{n}", "deal_id": deal.deal_id, "company_id": f"c{deal.company + 1}", "person_id": deal.people[0] if deal.people else None,
        "kind": kind, "subject": subject, "body": None, "at": at, "due_on": None, "done_at": None, "member": deal.owner[0],
    }  # fmt: skip
