from __future__ import annotations

import pytest

from vunnet.cli.web import fitting


@pytest.mark.parametrize(
    ("cores", "mib", "processes"),
    [(1, 512, 1), (1, 64_000, 1), (2, 1_900, 1), (2, 3_900, 1), (2, 4_096, 2), (8, 8_000, 3), (64, 256_000, 4)],
)
def test_a_machine_serves_with_as_many_processes_as_its_cores_and_memory_are_worth(
    cores: int, mib: int, processes: int
) -> None:
    assert fitting(cores, mib) == processes
