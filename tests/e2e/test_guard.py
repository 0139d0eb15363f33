"""The guard of the whole browser suite sees what it is there to see."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Place

ELSEWHERE = "http://elsewhere.example"
OFFENCES = {
    "script in the page": ("document.head.append(Object.assign(document.createElement('script'), { textContent: '1' }))", "Content Security Policy"),
    "style in the page": ("document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
    "picture from elsewhere": (f"Object.assign(new Image(), {{ src: '{ELSEWHERE}/a.png' }})", "Content Security Policy"),
    "page elsewhere": (f"window.open('{ELSEWHERE}/')", "request to another host"),
    "complaint": ("console.error('no')", "console: no"),
    "warning": ("console.warn('hm')", "console: hm"),
    "broken script": ("setTimeout(() => { throw new Error('broken'); })", "script: "),
    "missing file": ("fetch('/static/dist/none.js')", "404"),
    "opened page": ("window.open('/static/dist/none.js')", "404"),
}  # fmt: skip


@pytest.mark.parametrize("what", OFFENCES)
def test_an_offence_is_seen(place: Place, what: str) -> None:
    script, expected = OFFENCES[what]
    page = place.page("")
    page.goto("/accounts/login/")
    page.evaluate(f"() => {{ {script}; }}")
    page.wait_for_timeout(500)
    seen, place.guard.faults = place.guard.faults, []
    assert any(expected in fault for fault in seen), seen
