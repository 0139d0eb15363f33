"""The report of `vunnet analyze` as a file: page.py arranges it, report.css is its look."""

from __future__ import annotations

from vunnet.cli.report.page import page
from vunnet.cli.report.reading import Input

__all__ = ["Input", "page"]
