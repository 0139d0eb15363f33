"""The files of one reading: found by name, read once each, counted, and reported on as they are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vunnet.exchange import reading
from vunnet.exchange.export import Progress, ReadFile
from vunnet.exchange.reading import Sheet
from vunnet.exchange.refusals import CannotRead, Refusals


@dataclass
class Files:
    """The given paths (a folder stands for the files in it), and the sheets read from them so far."""

    paths: list[Path]
    refusals: Refusals
    progress: Progress | None = None
    _sheets: dict[Path, Sheet] = field(default_factory=dict)

    @classmethod
    def given(cls, paths: Iterable[str | Path], progress: Progress | None = None) -> Files:
        return cls(expanded(paths), Refusals(), progress)

    def sheet(self, path: Path, header: list[str] | None = None) -> Sheet:
        """The file's table, read on first asking."""
        if path not in self._sheets:
            self.say(f"reading {path.name}", 0.8 * len(self._sheets) / max(len(self.paths), 1))
            self._sheets[path] = reading.load(path, self.name(path), self.refusals, header)
        return self._sheets[path]

    def name(self, path: Path) -> str:
        """What the file is called towards people: its name, with its folder where two share one."""
        twins = [other for other in {*self.paths, *self._sheets} if other.name == path.name]
        return str(path) if len(twins) > 1 else path.name

    def say(self, what: str, share: float) -> None:
        if self.progress is not None:
            self.progress(what, min(share, 1.0))

    def read_as(self, path: Path, source: str, kind: str, note: str = "") -> ReadFile:
        sheet = self._sheets[path]
        badly_shaped = sum(refused.file == sheet.name and refused.line > 0 for refused in self.refusals.whole_files)
        notes = " ".join(text for text in (note, sheet.note) if text)
        return ReadFile(sheet.name, source, kind, sheet.count + badly_shaped, self.refusals.kept(sheet), notes)


@dataclass
class Parts:
    """What a source module gathers; `exchange.read` turns it into an Export."""

    tables: dict[str, Any] = field(default_factory=dict)
    companies: Any = None
    people: Any = None
    activities: Any = None
    not_recorded: list[str] = field(default_factory=list)
    files: list[ReadFile] = field(default_factory=list)

    def missing(self, sentence: str) -> None:
        if sentence not in self.not_recorded:
            self.not_recorded.append(sentence)


def expanded(paths: Iterable[str | Path]) -> list[Path]:
    """Files of the given paths in order, folders opened; each once."""
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if path.is_dir():
            found.update(dict.fromkeys(sorted(inner for inner in path.iterdir() if _is_table(inner))))
        elif path.is_file():
            found[path] = None
        else:
            raise CannotRead("{path} does not exist.", path=path)
    return list(found)


def _is_table(path: Path) -> bool:
    endings: Sequence[str] = (".csv", ".tsv", ".txt", ".gz", ".parquet", *reading.WORKBOOKS)
    return path.is_file() and path.suffix.lower() in endings and not path.name.startswith((".", "~$"))
