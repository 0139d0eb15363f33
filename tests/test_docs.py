"""What the documents say is so: their links lead somewhere, their commands exist, and every setting is told of."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "bench" / "README.md"])
SETTING = re.compile(r"\b(VUNNET_[A-Z_]+|DATABASE_URL)\b")
# What `vunnet` tells its own parts; nobody else sets them.
INNER = {"VUNNET_DATABASE_ROLE", "VUNNET_PARENT"}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    inside = [target for target in targets if target and "://" not in target and not target.startswith("mailto:")]
    assert [target for target in inside if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_make_command_exists(page: Path) -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    told = set(re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert told - known == set()


def test_every_setting_is_told_of_and_no_other() -> None:
    told = set(SETTING.findall((ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")))
    used = {
        found for file in (ROOT / "src").rglob("*.py") for found in SETTING.findall(file.read_text(encoding="utf-8"))
    }
    assert used - told - INNER == set()
    assert told - used == set()


def test_decisions_are_numbered_without_gaps_and_carry_their_number() -> None:
    files = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    wrong = [
        file.name
        for file in files
        if not re.match(rf"# (ADR )?0*{int(file.name[:4])}\b", file.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_every_test_file_the_page_names_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert [found for found in set(re.findall(r"\btest_\w+\.py", text)) if not (ROOT / "tests" / found).exists()] == []


WITH_EXAMPLES = [
    ".".join(file.relative_to(ROOT / "src").with_suffix("").parts)
    for file in sorted((ROOT / "src" / "vunnet").rglob("*.py"))
    if ">>> " in file.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_the_examples_in_docstrings_hold(module: str) -> None:
    tried = doctest.testmod(importlib.import_module(module))
    assert tried.failed == 0
    assert tried.attempted
