"""The file report of `vunnet analyze`: one page that carries everything with it, without scripts.

Only arranges what `analysis` found and `charts` drew; no number is made here.
"""

from __future__ import annotations

from html import escape
from importlib.resources import files

from vunnet import charts
from vunnet.analysis.report import Report
from vunnet.charts import Language, words
from vunnet.cli.report.notes import notes
from vunnet.cli.report.numbers import three_numbers
from vunnet.cli.report.pictures import pictures
from vunnet.cli.report.reading import Input, later_sentence, standing

ICON = (
    '<svg viewBox="0 0 20 20" aria-hidden="true">'
    '<rect x="1" y="2" width="18" height="3.4" rx="1.2" fill="currentColor"/>'
    '<rect x="4" y="7.3" width="12" height="3.4" rx="1.2" fill="currentColor" opacity=".62"/>'
    '<rect x="7.4" y="12.6" width="5.2" height="5.2" rx="1.4" fill="var(--vn-won)"/></svg>'
)


def page(report: Report, read: Input, language: Language) -> str:
    """The report as one HTML document."""
    say = language.say
    title = say("Closed won: {names}", names=", ".join(read.names))
    css = charts.css(":root[data-theme='dark']") + _css()
    body = [_head(report, read, language), "<main><div class='wrap'>", three_numbers(report, language)]
    body += [*pictures(report, language), notes(report, read, language), "</div></main>"]
    return (
        f"<!doctype html>\n<html lang='{language.code}'>\n<head>\n<meta charset='utf-8'>\n"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
        f"<meta name='color-scheme' content='light dark'>\n<title>{escape(title)}</title>\n"
        f"<style>\n{css}</style>\n</head>\n"
        f"<body>\n{''.join(body)}\n</body>\n</html>\n"
    )


def _css() -> str:
    return files(__package__).joinpath("report.css").read_text(encoding="utf-8")


def _head(report: Report, read: Input, language: Language) -> str:
    said = [
        f"<b>{escape(', '.join(read.names))}</b>",
        language.count("{n} row read", "{n} rows read", read.read),
        language.say("{n} kept", n=language.number(read.kept)),
    ]
    if read.refused:
        said.append(language.count("{n} value refused", "{n} values refused", len(read.refused)))
    lines = [
        escape(standing(report, language, read)),
        escape(later_sentence(read, language)),
        escape(words.counts_line(report.counts, language)),
        escape(words.stale_sentence(report.stale, language)) if report.counts.open else "",
        escape(words.records_sentence(report, language)),
    ]
    told = "".join(f"<p class='about num'>{line}</p>" for line in (" · ".join(said), *lines) if line)
    heading = f"<h1>{ICON}{escape(language.say('Closed won'))}</h1>"
    return f"<header><div class='wrap'>{heading}{told}</div></header>\n"
