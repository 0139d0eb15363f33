"""Arrow's compute functions, untyped: their stubs refuse the plain Python values that every one of them takes."""

from __future__ import annotations

from typing import Any

import pyarrow.compute

pc: Any = pyarrow.compute
