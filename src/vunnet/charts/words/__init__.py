"""The analysis in sentences. A title claims no more than the verdict does; every number comes from the result."""

from __future__ import annotations

from vunnet.charts.words.amounts import amounts_sentence
from vunnet.charts.words.funnel import funnel_mark, funnel_measure, funnel_sentence, funnel_title
from vunnet.charts.words.incidence import incidence_mark, incidence_measure, incidence_sentence, incidence_title
from vunnet.charts.words.mix import mix_mark, mix_measure, mix_part, mix_sentence, mix_title, period
from vunnet.charts.words.rates import change_sentence, win_rate_sentence, within_sentence
from vunnet.charts.words.segment import (
    everyone,
    member_mark,
    segment_measure,
    segment_sentence,
    segment_title,
    too_few_line,
)
from vunnet.charts.words.terms import attribute, differs, member, outcome, part, rate, stage, status, verdict
from vunnet.charts.words.won import won_mark, won_measure, won_sentence, won_title, young_records

__all__ = [
    "amounts_sentence",
    "attribute",
    "change_sentence",
    "differs",
    "everyone",
    "funnel_mark",
    "funnel_measure",
    "funnel_sentence",
    "funnel_title",
    "incidence_mark",
    "incidence_measure",
    "incidence_sentence",
    "incidence_title",
    "member",
    "member_mark",
    "mix_mark",
    "mix_measure",
    "mix_part",
    "mix_sentence",
    "mix_title",
    "outcome",
    "part",
    "period",
    "rate",
    "segment_measure",
    "segment_sentence",
    "segment_title",
    "stage",
    "status",
    "too_few_line",
    "verdict",
    "win_rate_sentence",
    "within_sentence",
    "won_mark",
    "won_measure",
    "won_sentence",
    "won_title",
    "young_records",
]
