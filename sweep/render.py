"""Fills the Jinja2 templates in dags/, and those in pages/."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sweep import resources


@cache
def _environment(folder: Literal["dags", "pages"]) -> Environment:
    return Environment(
        loader=FileSystemLoader(resources.folder(folder)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=folder == "pages",  # noqa: S701 - DAG files and submit descriptions are no HTML; workflow.py quotes
    )


def render(template: str, **values: Any) -> str:
    """Text of a template of dags/ with `values` filled in; a name that is missing raises jinja2.UndefinedError."""
    return _environment("dags").get_template(template).render(values)


def page(template: str, **values: Any) -> str:
    """HTML of a template of pages/; all values are text, whatever is in them."""
    return _environment("pages").get_template(template).render(values)
