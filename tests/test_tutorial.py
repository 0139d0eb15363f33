"""The tutorial notebook runs from its first cell to its last, on the sample year alone."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import vunnet.analysis as va
from vunnet.exchange.sample import sample

LAST = date(2026, 11, 20)
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def tutorial() -> nbformat.NotebookNode:
    """As a reader would run it, in a process of its own."""
    notebook = nbformat.read(ROOT / "docs" / "tutorial.ipynb", as_version=4)
    places = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": places, "PYTHONWARNINGS": "ignore"}
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute(env=environment)
    return notebook


def test_it_is_stored_without_results_so_that_they_are_always_todays() -> None:
    notebook = nbformat.read(ROOT / "docs" / "tutorial.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")


def test_every_cell_runs_and_the_results_show_themselves(tutorial: nbformat.NotebookNode) -> None:
    ran = [cell for cell in tutorial.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in ran)
    pages = [output.data.get("text/html", "") for cell in ran for output in cell.outputs if "data" in output]
    assert sum("<svg" in page for page in pages) >= 5
    assert any("<table>" in page for page in pages)


def test_the_sentences_say_the_numbers(tutorial: nbformat.NotebookNode) -> None:
    with va.open(sample(LAST).tables, as_of=LAST, time_zone="Europe/Oslo") as book:
        rate = book.win_rate().by_count
    said = "".join(output.get("text", "") for cell in tutorial.cells for output in cell.get("outputs", ()))
    assert f"{rate.won} of {rate.closed} closed deals were won: {rate.rate:.1%}" in said
