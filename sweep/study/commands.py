"""Commands that a person types next. Messages print them whole, so that they work when pasted."""

from __future__ import annotations

from sweep.paths import CURRENT
from sweep.study.study import Study, planned_generations, planned_lanes


def command_line(words: str, name: str | None) -> str:
    """Return the command `sweep WORDS`, for the study of this name if there is one."""
    return f"sweep {words}" + (f" --study {name}" if name else "")


def resume_command(study: Study, name: str | None) -> str:
    """Return the command that resumes the study's last launch, in as many lanes. `name` is as for `command_line`."""
    lanes = planned_lanes(study.paths)
    in_lanes = f" --lanes {lanes}" if lanes and lanes != study.config.study.lanes_wanted else ""
    return command_line(f"launch --generations {planned_generations(study.paths)}{in_lanes}", name)


def study_command(study: Study, words: str) -> str:
    """Return the command `sweep WORDS` for a study; it names the study unless that is the default one."""
    name = study.config.study.name
    is_default = CURRENT.exists() and CURRENT.read_text(encoding="utf-8").strip() == name
    return command_line(words, None if is_default else name)
