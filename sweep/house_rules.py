"""The rules of a study's site, held against the study."""

from __future__ import annotations

from pathlib import Path

from sweep import pace, sites
from sweep.inputs import size
from sweep.sites import Measured, Site
from sweep.study import Study


def told(study: Study) -> list[str]:
    """What the study's site says about it, for people; nothing where it names no site."""
    site = _site(study)
    if site is None:
        return []
    known = _facts(study)
    errors = [sites.said(rule) for rule in sites.broken(site, known) if rule.level == "error"]
    return [*errors, *sites.lines(site, known)]


def check(study: Study) -> None:
    """Raises ConfigError for what the study's site would hold or refuse."""
    if site := _site(study):
        sites.refuse(site, _facts(study), study.paths.config)


def _site(study: Study) -> Site | None:
    return sites.load(study.paths.site, study.config.job.site) if study.config.job.site else None


def _facts(study: Study) -> dict[str, object]:
    each = pace.measured(study)
    travels = [study.data, *study.weights.values(), study.job.container_image or ""]
    there = [Path(place) for place in travels if place and "://" not in place]
    return sites.facts(study.config, Measured(each.seconds if each else None, sum(map(size, there))))
