from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from vunnet.exchange.sample import sample
from vunnet.imports.takeover import take_over


@pytest.fixture
def year(house: Any, settings: Any, tmp_path: Any) -> Any:
    settings.HOME = tmp_path
    take_over(
        sample(datetime.now(ZoneInfo("Europe/Oslo")).date(), companies=60, people=80, deals=300),
        house.workspace,
        by=None,
    )
    return house
