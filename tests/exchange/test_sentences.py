"""What exchange says: in English by itself, and in another language by its pattern, whatever way it took."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from scripts import messages
from tests.exchange.conftest import FIXTURES, Write
from vunnet import exchange
from vunnet.exchange.refusals import CannotRead
from vunnet.exchange.sentences import in_words, said

ROOM = Path(exchange.__file__).parent
# Three words or more, and an end: what people read, not the name of a column.
PROSE = re.compile(r"\S+ \S*[a-z] .*[.:;]$", re.DOTALL)
BAD = """deal,state,opened,closed,worth,site
a,Won,2026-01-01,2026-01-20,"1,2,3",https://a.no
a,Lost,03/04/2026,2026-31-31,1234567890123456789,https://b.no
,Open,2026-01-03,,70,
d,Won,1066-01-04,46000,10,x
e,Won,2026-05-04
"""
MAP = """
[deals]
file = "deals.csv"
deal_id = "deal"
created_at = "opened"
closed_at = "closed"
amount = "worth"
outcome = { column = "state", won = ["Won", "Gained"], lost = ["Lost"], cancelled = [] }
"""


@pytest.fixture(scope="module")
def bokmal() -> Catalog:
    return messages.translated("nb")


@pytest.fixture
def translate(bokmal: Catalog) -> Callable[[str], str]:
    def found(text: str) -> str:
        message = bokmal.get(text)
        return str(message.string) if message else text

    return found


def test_a_sentence_is_its_english_text_with_values_as_people_read_them() -> None:
    sentence = said("{name} has {count} columns.", name="a.csv", count=12_345)
    assert sentence == "a.csv has 12\u202f345 columns."
    assert in_words(sentence, lambda pattern: pattern.replace("has", "har")) == "a.csv har 12\u202f345 columns."


def test_braces_are_a_matter_of_patterns_with_values_alone() -> None:
    assert said("Write { column = 1 }.") == "Write { column = 1 }."
    assert in_words(said("Write {x}.", x="{y}"), str) == "Write {y}."


def test_a_sentence_in_a_sentence_is_said_in_the_same_language() -> None:
    fault = CannotRead("{place}: {why}", place="map.toml", why=said("It is empty."))
    assert str(fault) == "map.toml: It is empty."
    assert (
        in_words(fault.sentence, lambda text: {"It is empty.": "Den er tom."}.get(text, text))
        == "map.toml: Den er tom."
    )


def prose(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Texts that people read and that no translation would find: in no `said` or CannotRead, and no docstring."""
    marked = {
        id(part)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("said", "CannotRead")
        for part in call.args[:1]
    }
    marked |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inner = {id(v) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for v in node.values}
    for node in ast.walk(tree):
        if id(node) in marked | inner:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(v.value) if isinstance(v, ast.Constant) else "x" for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if PROSE.search(text):
            yield node.lineno, text


@pytest.mark.parametrize("path", sorted(ROOM.glob("*.py")), ids=lambda path: path.name)
def test_everything_people_read_is_marked_for_translation(path: Path) -> None:
    assert list(prose(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_the_check_sees_what_is_not_marked() -> None:
    code = 'raise CannotRead("{n} is empty.")\nx = f"{n} is empty."\ny = "It is empty."\nz = said("It is empty.")\n"doc string."'
    assert [line for line, _text in prose(ast.parse(code))] == [2, 3]


@pytest.mark.parametrize("folder", sorted(path.name for path in FIXTURES.iterdir() if path.is_dir()))
def test_what_an_export_lacks_and_refuses_is_said_in_bokmal(folder: str, translate: Callable[[str], str]) -> None:
    export = exchange.read([FIXTURES / folder])
    english = [*export.not_recorded, *(refused.why for refused in export.refused)]
    assert [text for text in english if in_words(text, translate) == text] == []


def test_each_kind_of_bad_cell_is_said_in_bokmal(write: Write, translate: Callable[[str], str]) -> None:
    deals, place = write("deals.csv", BAD), write("map.toml", MAP)
    export = exchange.read([deals], map_path=place)
    english = [*export.not_recorded, *(refused.why for refused in export.refused)]
    assert len(set(english)) > 8
    assert [text for text in english if in_words(text, translate) == text] == []


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", b""), ("b.csv", b"a,b\0c\n"), ("c.xlsx", b"PK\3\4 broken"), ("d.csv.gz", b"\x1f\x8b broken"), ("e.csv", b"Colour,Size\nred,3\n")],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_bokmal(
    write: Write, translate: Callable[[str], str], name: str, content: bytes
) -> None:
    with pytest.raises(CannotRead) as why:
        exchange.read([write(name, content)])
    assert in_words(why.value.sentence, translate) != str(why.value)
