from __future__ import annotations

import ast
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tests.analysis.test_segments import halves, owners
from tests.charts.results import apart, beside, customers, driven, forecasts, report, weekly
from tests.charts.results import path as walked
from tests.charts.test_pictures import FIGURES, funnel
from tests.charts.test_pictures import figure as drawn
from vunnet import charts
from vunnet.analysis.answers import NotRecorded, Share, counted
from vunnet.analysis.segments import Segment
from vunnet.analysis.time_to_close import TimeToClose
from vunnet.charts import Language, words
from vunnet.charts.incidence import apart as pushed_apart

EN, NB = Language("en"), Language("nb")
ROOT = Path(__file__).resolve().parents[2] / "src" / "vunnet"
SAYING = {"say": 1, "count": 2, "NotRecorded": 1, "counted": 2}


def said_in_the_code() -> set[str | tuple[str, str]]:
    """Every sentence that the charts, the report and the reasons may say."""
    found: set[str | tuple[str, str]] = set()
    for path in [*(ROOT / "charts").rglob("*.py"), *(ROOT / "cli").rglob("*.py"), *(ROOT / "analysis").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            texts = [
                a.value
                for a in node.args[: SAYING.get(name, 0)]
                if isinstance(a, ast.Constant) and isinstance(a.value, str)
            ]
            if texts and len(texts) == SAYING[name]:
                found.add(texts[0] if len(texts) == 1 else (texts[0], texts[1]))
    return found


def catalogue() -> dict[str | tuple[str, str], str | tuple[str, ...]]:
    path = ROOT / "locale" / "nb" / "LC_MESSAGES" / "analysis.po"
    with path.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    return {tuple(m.id) if isinstance(m.id, list | tuple) else m.id: m.string for m in messages}


def test_every_sentence_has_its_bokmal_and_no_other_stands_there() -> None:
    assert said_in_the_code() == set(catalogue())


def test_a_translation_keeps_its_values() -> None:
    for sentence, translated in catalogue().items():
        originals = sentence if isinstance(sentence, tuple) else (sentence,)
        others = translated if isinstance(translated, tuple | list) else (translated,)
        for original, other in zip(originals, others, strict=True):
            assert other, sentence
            assert set(re.findall(r"{\w+}", original)) == set(re.findall(r"{\w+}", other)), original


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d[\d,.]*\d|\d", text.replace("95%", "").replace("100 deals", "")))


@pytest.mark.parametrize("name", FIGURES)
def test_every_number_of_a_title_stands_in_the_table_or_the_result(name: str) -> None:
    figure = FIGURES[name]()
    cells = " ".join(cell for row in figure.table.rows for cell in row) + " 30 120 " + figure.measure
    cells += f" {len(figure.table.rows)} {len(figure.table.rows) - 1}"
    for number in numbers(figure.title):
        assert number in cells or number in known(), (number, figure.title)


def known() -> str:
    funnels = report().funnels
    won = report().won
    assert isinstance(funnels, tuple)
    shown = [EN.short_money(won.value)] if not isinstance(won.value, NotRecorded) else []
    shown += [EN.short_money(won.median)] if not isinstance(won.median, NotRecorded) else []
    lives = report().time_to_close
    assert isinstance(lives, TimeToClose)
    early = lives.at("won", 30)
    shown += [EN.percent(early.share)] if early else []
    told = [m for m in _members() if m.rate.closed >= 10]
    shown += [EN.number(round(walked(name).days)) for name in ("slow", "old")] + ["9 in 10"]
    return " ".join([*shown, EN.number(won.count), EN.number(funnels[0].won), str(len(told)), str(_differing())])


def _members() -> tuple[object, ...]:  # type: ignore[type-arg]
    segment = apart().segments["owner"]
    assert isinstance(segment, Segment)
    return segment.members


def _differing() -> int:
    return sum(m.verdict.startswith("differs") for m in _members())  # type: ignore[attr-defined]


def test_a_board_says_what_its_limits_say() -> None:
    told = weekly()
    assert [(s.place, s.rule, s.above) for s in told.signals] == [(17, "beyond 3 sigma", False)]
    figure, point = FIGURES["rate board"](), told.points[17]
    assert figure.title == "Win rate: one week stands out; the other 39 are ordinary variation"
    rate = EN.percent(point.events / (point.n or 1), 1)
    expected = f"Week from 4 May 2026 is lower than chance explains: {point.events:.0f} of {point.n:.0f} ({rate})."
    assert figure.sentence.startswith(expected)
    assert told.expected_by_chance is not None
    assert words.chance_sentence(0.25, EN) == "About one such board in 5 raises a signal by chance alone."
    assert words.chance_sentence(0.25, NB) == "Omtrent én av 5 slike tavler viser et signal av ren tilfeldighet."
    row = figure.table.rows[17]
    assert (row[1], row[2], row[4]) == (rate, f"{point.n:.0f}", "signal: lower")
    assert FIGURES["short board"]().title == "Win rate: too few points to tell a signal from chance"


def test_a_run_is_told_once_with_its_length() -> None:
    told = weekly("value", 60, 0.06)
    (run,) = [signal for signal in told.signals if signal.rule == "8 in a row"]
    assert f"{run.until - run.place + 1} weeks in a row" in FIGURES["value board"]().sentence
    head, below = words.signal_label(told, run, NB)
    assert head == f"Signal: {run.until - run.place + 1} uker på rad"
    assert below.startswith("over, fra ")


def test_a_forecast_says_what_was_simulated() -> None:
    told = forecasts(60_000.0)
    value = told.value
    assert not isinstance(value, NotRecorded)
    assert told.chance is not None
    held = sum(one.held for one in told.backtest.periods)
    sentence = words.forecast_sentence(told, EN, 3)
    span = f"{EN.short_money(value.p10)}–{EN.short_money(value.p90)}"
    assert sentence.startswith(f"Likely {span} (80%); the chance of the target of {EN.short_money(60_000)} is ")
    assert EN.percent(told.chance) in sentence
    assert f"{round(told.from_open)} wins are expected from the {told.open} deals open now" in sentence
    assert f"held in {held} of {len(told.backtest.periods)} past periods" in sentence
    assert "3 open deals are stale" in sentence
    weeks = round(told.days_left / 7)
    assert words.forecast_title(told, NB).endswith(f"{weeks} uker før slutt")
    plain = forecasts()
    assert words.forecast_title(plain, EN) == f"Likely {span} by 31 Mar"


@pytest.mark.parametrize(
    ("chance", "said"),
    [(0.95, "Very likely"), (0.8, "Likely"), (0.5, "About even"), (0.2, "Unlikely"), (0.02, "Very unlikely")],
)
def test_odds_are_words(chance: float, said: str) -> None:
    assert words.forecast_title(replace(forecasts(60_000.0), chance=chance), EN).startswith(said)


def test_reliability_names_the_group_that_missed_most() -> None:
    told = forecasts().backtest
    worst = max(told.groups, key=lambda group: abs(group.said - (group.came.rate or 0)))
    sentence = words.reliability_sentence(told, EN)
    assert sentence.startswith(
        f"Where {EN.percent(worst.said)} was said, {worst.came.won} of {worst.came.closed} forecasts came true"
    )
    apart = sum(group.differs for group in told.groups)
    assert (f"{apart} of {len(told.groups)}" in words.reliability_title(told, EN)) == bool(apart)


def test_stage_probabilities_are_told_apart_only_by_their_interval() -> None:
    table = charts.stage_table(forecasts(), NB)
    assert [row[0] for row in table.rows] == ["Met", "Quoted", "Agreed"]
    differing = sum(stage.differs for stage in forecasts().stages)
    assert [row[-1] for row in table.rows].count("forskjell") == differing
    assert words.stages_title(forecasts(), EN).startswith(f"{differing} of 3")


def test_the_funnel_says_what_the_result_holds() -> None:
    found = report().funnels
    assert isinstance(found, tuple)
    first = found[0].stages[0]
    assert funnel().title.startswith(f"{first.entered} deals came in, {found[0].won} were won")
    assert funnel(NB).title.startswith(f"{first.entered} salg kom inn, {found[0].won} ble vunnet")


def test_two_funnels_say_their_difference_and_only_where_there_is_one() -> None:
    met = beside().stages[0]
    assert met.difference is not None
    told, alike = (drawn(charts.comparison(beside(apart), EN)) for apart in (True, False))
    assert told.title == "From Met more go on: North"
    for said in (EN.points(met.difference.value), EN.points_span(met.difference.low or 0, met.difference.high or 0)):
        assert said in told.sentence
    for share in met.shares:
        assert share is not None
        assert EN.per_hundred(share.share) in numbers(told.sentence)
    assert alike.title == "Nothing shows that the two differ"
    assert "chance" in alike.sentence
    bokmal = drawn(charts.comparison(beside(), NB))
    assert bokmal.title == "Fra Met går flere videre: North"
    assert NB.points(met.difference.value) in bokmal.sentence


def test_a_path_is_slow_only_beyond_nine_in_ten() -> None:
    slow, quick, old = (drawn(charts.deal_path(walked(name), EN)) for name in ("slow", "quick", "old"))
    stay = walked("slow").stays[1]
    assert stay.typical is not None
    assert slow.title == "Won after 32 days; longer in Quoted than 9 in 10"
    assert f"28 days in Quoted is longer than nine in ten of the {stay.typical.deals} deals" in slow.sentence
    assert EN.long_days(stay.typical.middle) in slow.sentence
    assert quick.title == "Lost within an hour"
    assert quick.sentence == "No stay is longer than nine in ten of the deals that went on."
    assert "stale" in old.sentence
    assert drawn(charts.deal_path(walked("slow"), NB)).title == "Vunnet etter 32 dager; lenger i Quoted enn 9 av 10"


def test_no_title_claims_more_than_the_verdict() -> None:
    alike, differing = FIGURES["sellers"](), FIGURES["sellers apart"]()
    assert alike.title.startswith("No evidence")
    assert differing.title == "3 of 4 differ from the rest by seller"
    assert differing.sentence == "Ann won more often than the rest. Di and Bo won less often than the rest."
    for figure in (alike, differing):
        assert not re.search(r"\b(best|worst|top|every)\b", figure.title)


def test_a_table_holds_the_same_rows_as_the_picture() -> None:
    found = report().funnels
    assert isinstance(found, tuple)
    rows = funnel().table.rows
    assert [row[0] for row in rows] == [flow.stage for flow in found[0].stages]
    assert [row[1] for row in rows] == [EN.number(flow.entered) for flow in found[0].stages]
    assert all(len(row) == len(funnel().table.headers) for row in rows)


def test_customers_are_compared_in_words_wherever_members_are_named() -> None:
    told, found = customers().segments["customer"], customers()
    assert isinstance(told, Segment)
    figure = drawn(charts.segment(told, Language("nb")))
    assert [row[0] for row in figure.table.rows] == ["eksisterende", "ny"]
    assert figure.sentence == "Eksisterende vant oftere enn resten. Ny vant sjeldnere enn resten."
    won_by = drawn(charts.won_by(found.won, found.segments, found.customer_status, Language("en")))
    rows = {row[0]: row[-1] for row in won_by.table.rows if row[0].startswith("Customer")}
    assert rows == {"Customer: existing": "differs: higher", "Customer: new": "differs: lower"}
    assert "The win rate differs by customer." in won_by.sentence


def test_a_segment_that_differs_as_a_whole_names_nobody() -> None:
    _, told = owners(halves(10, 3, sellers=6))
    for language, title, first in (
        (EN, "The win rate differs by seller, but none stands out alone", "Not all win equally often: "),
        (NB, "Vinnraten skiller seg etter selger, men ingen skiller seg ut alene", "Ikke alle vinner like ofte: "),
    ):
        figure = drawn(charts.segment(told, language))
        assert figure.title == title
        assert figure.sentence.startswith(first)
        assert "Seller" not in figure.sentence


def test_numbers_wear_the_signs_of_their_language() -> None:
    assert (EN.number(1234567), NB.number(1234567)) == ("1\u202f234\u202f567",) * 2
    assert (EN.number(1234.5, 1), NB.number(1234.5, 1)) == ("1\u202f234.5", "1\u202f234,5")
    assert (EN.percent(0.388), NB.percent(0.388, 1)) == ("39%", "38,8\u00a0%")
    assert EN.number(-3) == "−3"
    assert EN.number(-0.001, 1) == "0.0"
    assert (EN.short_money(10_005_534), NB.short_money(10_005_534)) == ("10.0\u00a0m", "10,0\u00a0mill.")
    assert (EN.short_money(1_234_500_000), NB.short_money(1_234_500_000)) == ("1.2\u00a0bn", "1,2\u00a0mrd.")
    assert (EN.short_money(274_400), NB.short_money(274_400)) == ("274\u00a0k", "274\u202f000")
    assert (EN.short_money(999_900_000), EN.short_money(999_400_000)) == ("1.0\u00a0bn", "999.4\u00a0m")
    assert (EN.short_money(999_600), NB.short_money(999_600)) == ("1.0\u00a0m", "1,0\u00a0mill.")
    assert (EN.day(date(2017, 12, 31)), NB.day(date(2017, 12, 31))) == ("31 Dec 2017", "31. des. 2017")


def test_a_share_is_never_rounded_to_a_false_nothing_or_all() -> None:
    assert EN.percent(0.002) == "0.2%"
    assert EN.percent(0.998) == "99.8%"
    assert (EN.percent(0.0), EN.percent(1.0)) == ("0%", "100%")
    assert EN.share(Share(0.388, 0.325, 0.455)) == "39% (32–46)"


@pytest.mark.parametrize(
    ("days", "said"), [(0.02, "under 1 h"), (0.3, "7 h"), (4.1, "4.1 d"), (11.0, "11 d"), (0.0, "0 d")]
)
def test_stays_are_short(days: float, said: str) -> None:
    assert EN.days(days) == said


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="'xx'"):
        Language("xx")


def test_labels_are_pushed_apart_within_bounds() -> None:
    assert pushed_apart([10, 12, 90], 30, 0, 100) == [10, 40, 90]
    assert pushed_apart([95, 96], 30, 0, 100) == [70, 100]


def test_reasons_are_told_in_the_readers_language() -> None:
    reason = NotRecorded("amounts are in {currencies}; they are not added", {"currencies": "EUR, NOK"})
    assert NB.why(reason) == "beløpene er i EUR, NOK; de legges ikke sammen"
    assert NB.why_sentence(reason).startswith("Beløpene er i EUR, NOK")
    assert charts.Language("en").why(reason) == str(reason)


def test_one_thing_is_told_in_the_singular() -> None:
    one, two = (
        counted("only {n} deal is won: too few to say", "only {n} deals are won: too few to say", n) for n in (1, 2)
    )
    assert EN.why(one) == str(one) == "only 1 deal is won: too few to say"
    assert EN.why(two) == str(two) == "only 2 deals are won: too few to say"
    assert NB.why_sentence(one) == "Bare 1 salg er vunnet: for få til å si noe."
    found = report().win_rate
    single = replace(found, by_count=replace(found.by_count, won=1, closed=5))
    assert words.win_rate_sentence(single, EN) == "1 of 5 closed deals was won: too few to say."


def test_of_too_little_there_are_words_and_no_picture() -> None:
    few = tuple(replace(row, marginal_effect=None, verdict="too few to say") for row in driven().rows)
    found = drawn(charts.drivers(replace(driven(), rows=few), EN))
    assert not found.is_drawn
    assert found.sentence.startswith("Too few to say: Sellers on the deal, Contacts so far, First contact, ")
    assert "Nothing here shows" not in found.sentence
    assert len(found.table.rows) == len(few)
    told = drawn(charts.drivers(driven(), EN))
    assert told.is_drawn
    assert told.sentence.endswith("Too few to say: Customer's people.")


def test_attributes_of_ones_own_are_read_as_words() -> None:
    assert words.attribute("x_sales_office", EN) == "Sales office"
