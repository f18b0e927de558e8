"""Renders Jinja2 templates."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sweep.resources import resource_folder


@cache
def _environment(folder: Path, html: bool) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=html,  # noqa: S701 - DAG files and submit descriptions are not HTML; sweep.workflow quotes their values
    )


def render(template: str, **values: Any) -> str:
    """Return the text of a template in dags/, rendered with `values`.

    Raises jinja2.UndefinedError if the template uses a name that is not among them.
    """
    return _environment(resource_folder("dags"), False).get_template(template).render(values)


def render_html(template: Path, **values: Any) -> str:
    """Return the HTML of a template file, rendered with `values`, each of them escaped.

    Raises jinja2.UndefinedError if the template uses a name that is not among them.
    """
    return _environment(template.parent, True).get_template(template.name).render(values)
