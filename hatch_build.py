"""Refuses to build a wheel without its compiled parts; compiles the translations."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WheelCarriesCompiledParts(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        if not (root / "src/vunnet/web/static/dist/versions.json").exists():
            raise SystemExit("The CSS and the browser's libraries are not compiled yet. Run: make wheel")
        subprocess.run([sys.executable, str(root / "scripts/messages.py"), "compile"], check=True)
