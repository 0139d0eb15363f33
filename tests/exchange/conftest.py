"""Files written for a test, and what was read of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from vunnet import exchange

FIXTURES = Path(__file__).parent / "fixtures"

# The first example of a property warms Arrow up, and two cores are shared: no deadline by the clock.
settings.register_profile("exchange", deadline=None)
settings.load_profile("exchange")

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below a temporary folder: text in an encoding, or bytes."""

    def written(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return written


def read(folder: str, **more: Any) -> exchange.Export:
    return exchange.read([FIXTURES / folder], **more)


def by_id(table: Any, key: str = "deal_id") -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in table.to_pylist()}
