"""Commands that a person types next. Messages print them whole, so that they work when pasted."""

from __future__ import annotations

from sweep.paths import CURRENT
from sweep.study.study import Study, planned_generations, planned_lanes

FIRST_GENERATIONS = 5
"""Generations to suggest for a study that was never launched."""


def command_line(words: str, name: str | None) -> str:
    """Return the command `sweep WORDS`, for the study of this name if there is one."""
    return f"sweep {words}" + (f" --study {name}" if name else "")


def resume_command(study: Study, name: str | None) -> str:
    """Return the command that resumes the study's last launch. `name` is as for `command_line`."""
    return command_line(launch_words(study, planned_generations(study.paths)), name)


def next_launch(study: Study) -> str:
    """Return the command that launches the study as it was launched last, or for the first time."""
    if planned_generations(study.paths):
        return study_command(study, launch_words(study, planned_generations(study.paths)))
    return study_command(study, f"launch --generations {FIRST_GENERATIONS}")


def launch_words(study: Study, generations: int) -> str:
    """Return the words of a launch with this many generations in total, in as many lanes as the last launch."""
    lanes = planned_lanes(study.paths)
    in_lanes = f" --lanes {lanes}" if lanes and lanes != study.config.study.lanes_wanted else ""
    return f"launch --generations {generations}{in_lanes}"


def study_command(study: Study, words: str) -> str:
    """Return the command `sweep WORDS` for a study; it names the study unless that is the default one."""
    return command_line(words, _unless_default(study.config.study.name))


def report_command(study: Study) -> str:
    """Return the command that shows a study's results; those of a confirmation are in the report of its study."""
    return command_line("report", _unless_default(study.config.study.confirms or study.config.study.name))


def _unless_default(name: str) -> str | None:
    is_default = CURRENT.exists() and CURRENT.read_text(encoding="utf-8").strip() == name
    return None if is_default else name
