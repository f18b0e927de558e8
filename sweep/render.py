"""Fills the Jinja2 templates in dags/."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sweep import resources


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(resources.folder("dags")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - DAG files and submit descriptions, no HTML; workflow.py quotes
    )


def render(template: str, **values: Any) -> str:
    """Text of a template of dags/ with `values` filled in; a name that is missing raises jinja2.UndefinedError."""
    return _environment().get_template(template).render(values)
