"""Fills the reference pages of the documentation from the code, as a hook of MkDocs.

A page names what it wants in a comment, <!-- generated: keys study -->; `GENERATORS` says what there is. Pages of the
repository's root, such as CONTRIBUTING.md, join the documentation here too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import reference_commands, reference_keys, reference_options

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]

ROOT_PAGES = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Pages of the repository's root, and their names in the documentation."""

MARKER = re.compile(r"^<!-- generated: (\S+)(?: (\S+))? -->$", re.MULTILINE)

GENERATORS: dict[str, Callable[[str], str]] = {
    "keys": reference_keys.section_keys,
    "site-keys": reference_keys.site_keys,
    "site-facts": reference_keys.site_facts,
    "parameter-types": reference_keys.parameter_types,
    "samplers": reference_options.samplers_table,
    "pruners": reference_options.pruners_table,
    "trainer-parameters": reference_options.trainer_parameters,
    "trainer-metrics": reference_options.trainer_metrics,
    "commands": reference_commands.all_commands,
}
"""What a comment may name; each takes the comment's second word, or an empty string, and returns Markdown."""


def fill(markdown: str) -> str:
    """Return a page with its comments replaced. Raises KeyError for a comment that names no generator."""
    return MARKER.sub(lambda found: GENERATORS[found[1]](found[2] or ""), markdown)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Fill in a page; MkDocs calls this for each."""
    return fill(markdown)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the repository's root; MkDocs calls this once."""
    from mkdocs.structure.files import File

    for name, page in ROOT_PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=links_from_docs(text)))
    return files


def links_from_docs(text: str) -> str:
    """Return a root page's text with its links as they are seen from the folder docs/."""
    for name, page in {**ROOT_PAGES, "README.md": "index.md"}.items():
        text = text.replace(f"]({name}", f"]({page}")
    return text.replace("](docs/", "](")
