"""Checks a study against the rules of its site."""

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
    """Return the site's rules that the study breaks, and the site's warnings, as lines to print. [] without a site."""
    site = _site(study)
    if site is None:
        return []
    facts = _facts(study)
    errors = [rule_message(rule) for rule in broken_rules(site, facts) if rule.level == "error"]
    return [*errors, *site_warnings(site, facts)]


def check_site_rules(study: Study) -> None:
    """Raise ConfigError if the study's site would hold or refuse its jobs."""
    if site := _site(study):
        refuse_broken_rules(site, _facts(study), study.paths.config)


def _site(study: Study) -> Site | None:
    return load_site(study.paths.site, study.config.job.site) if study.config.job.site else None


def _facts(study: Study) -> dict[str, object]:
    """Return what the rules of a site look at: keys of the study file, the measured pace, bytes to transfer."""
    pace = measured_pace(study)
    inputs = [study.data, *study.weights.values(), study.job.container_image or ""]
    files = [Path(place) for place in inputs if place and "://" not in place]
    return site_facts(study.config, Measurements(pace.seconds if pace else None, sum(map(total_bytes, files))))
