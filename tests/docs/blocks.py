"""The code blocks of the documentation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").rglob("*.md")
)

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is where its text begins."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class ShellLine:
    """A line that a reader types; `where` names page and line."""

    where: str
    text: str


def blocks(*pages: Path) -> list[Block]:
    """Return the blocks of some pages, in order; of all pages, where none is given."""
    found = []
    for page in pages or PAGES:
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            line = text.count("\n", 0, match.start(2)) + 1
            found.append(Block(page, line, match[1], match[2]))
    return found


def shell_lines(*pages: Path) -> list[ShellLine]:
    """Return the lines of all `sh` blocks."""
    return [
        ShellLine(f"{block.page.relative_to(ROOT)}:{block.line + number}", text)
        for block in blocks(*pages)
        if block.language == "sh"
        for number, text in enumerate(block.text.splitlines())
        if text.strip()
    ]
