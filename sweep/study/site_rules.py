"""The rules of a study's site, held against the study."""

from __future__ import annotations

from pathlib import Path

from sweep.config.sites import (
    Measurements,
    Site,
    broken_rules,
    load_site,
    refuse_broken_rules,
    rule_message,
    site_facts,
    site_warnings,
)
from sweep.study.inputs import total_bytes
from sweep.study.measured import measured_pace
from sweep.study.study import Study


def site_messages(study: Study) -> list[str]:
    """What the study's site says about it, for people; nothing where it names no site."""
    site = _site(study)
    if site is None:
        return []
    known = _facts(study)
    errors = [rule_message(rule) for rule in broken_rules(site, known) if rule.level == "error"]
    return [*errors, *site_warnings(site, known)]


def check_site_rules(study: Study) -> None:
    """Raises ConfigError for what the study's site would hold or refuse."""
    if site := _site(study):
        refuse_broken_rules(site, _facts(study), study.paths.config)


def _site(study: Study) -> Site | None:
    return load_site(study.paths.site, study.config.job.site) if study.config.job.site else None


def _facts(study: Study) -> dict[str, object]:
    each = measured_pace(study)
    travels = [study.data, *study.weights.values(), study.job.container_image or ""]
    there = [Path(place) for place in travels if place and "://" not in place]
    return site_facts(study.config, Measurements(each.seconds if each else None, sum(map(total_bytes, there))))
