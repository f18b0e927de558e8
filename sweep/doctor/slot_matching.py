"""Finds how many jobs of a kind fit into a pool, and how much each of their requirements costs. Pure: works on ads.

HTCondor's own functions evaluate the ads, so a requirement means here what it means to the negotiator. Slots count with
the resources that they have while no job runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sweep.doctor.classads import (
    ATTRIBUTES,
    COMPARISON,
    attribute_source,
    fill_condition,
    number_or_zero,
    readable_amount,
    readable_condition,
    split_conditions,
)
from sweep.doctor.finding import Finding, error, ok, warning
from sweep.pool.classads import Ad, evaluate_expression, parse_expression

SLOT_RULES = "what slots require of jobs (START)"


NAMED = 5
"""How many of the pool's values are named, at most, when a job requires another value."""


@dataclass(frozen=True)
class Requirement:
    """A condition of a job on a slot. `is_met` takes the ads of job and slot.

    `gpu_count` is an expression that counts a slot's GPUs that meet this condition and all before it, '' if the
    condition is not about GPUs. `attribute` is the slot's attribute that the condition compares, and `offer` an
    expression of what a slot has of it, '' if it compares none.
    """

    text: str
    is_met: Callable[[Ad, Ad], bool]
    gpu_count: str = ""
    attribute: str = ""
    offer: str = ""


@dataclass(frozen=True)
class Loss:
    """A requirement that rules out slots or GPUs.

    `left` is how many meet it and all requirements before it. `offer` is a sentence on what the pool has instead.
    """

    requirement: str
    left: int
    offer: str


@dataclass(frozen=True)
class Match:
    """How a job fits into a pool.

    `total` and the losses count GPUs if the job requests some, else slots: `unit` says which. `capacity` is the number
    of such jobs that fit in side by side while no others run.
    """

    unit: str
    total: int
    losses: list[Loss]
    capacity: int

    @property
    def chain(self) -> str:
        """The losses in words: 10 GPUs; GPU memory >= 40 GB leaves 3."""
        return "; ".join(
            [self.count_text(self.total), *(f"{loss.requirement} leaves {loss.left}" for loss in self.losses)]
        )

    def count_text(self, count: int) -> str:
        """Return a number of slots or GPUs in words."""
        return f"{count} {self.unit if count != 1 else self.unit.removesuffix('s')}"

    @property
    def largest_loss(self) -> tuple[Loss, int]:
        """The requirement that rules out the most, and how many slots or GPUs it rules out."""
        before = [self.total, *(loss.left for loss in self.losses)]
        costs = [count - loss.left for count, loss in zip(before, self.losses, strict=False)]
        return self.losses[costs.index(max(costs))], max(costs)


def judge_match(match: Match, wanted: int) -> Finding:
    """Judge whether `wanted` jobs can run at a time."""
    if not match.total:
        return error(f"the pool has no {match.unit}", "Is this the right pool, and is it up? Run: condor_status")
    if not match.capacity:
        offer = match.losses[-1].offer
        return error(f"no job can start: {match.chain}", f"{offer}Request less in [job], or use another pool.")
    text = f"room for {match.capacity} of these jobs at a time in an empty pool: {match.chain}"
    if match.capacity < wanted and match.losses:
        loss, cost = match.largest_loss
        costs = f"{loss.requirement} costs the most: {match.count_text(cost)}. {loss.offer}"
        return warning(f"{text}; the sweep wants {wanted}", f"{costs}Request less in [job], or wait longer.")
    return ok(text)


def match_pool(job: Ad, slots: Sequence[Ad]) -> Match:
    """Return how a job fits into a pool. Skips dynamic and backfill slots: their resources are another slot's."""
    left = [whole_slot(slot) for slot in slots if not (slot.get("DynamicSlot") or slot.get("BackfillSlot"))]
    has_gpus = requested_amount(job, "GPUs") > 0
    units, losses = ("TARGET.GPUs" if has_gpus else "1"), []
    total = before = _count_units(units, job, left)
    for requirement in job_requirements(job):
        matching = [slot for slot in left if requirement.is_met(job, slot)]
        units = requirement.gpu_count or units
        count = _count_units(units, job, matching)
        if count < before:
            offer = _broken_rule(job, left) if requirement.text == SLOT_RULES else _offer(requirement, job, left)
            losses.append(Loss(requirement.text, count, offer))
        left, before = matching, count
    return Match("GPUs" if has_gpus else "slots", total, losses, sum(_slot_capacity(job, slot, units) for slot in left))


def whole_slot(slot: Ad) -> Ad:
    """Return a slot's ad with the resources that it has while no job runs. Changes the ad in place."""
    if not slot.get("PartitionableSlot"):
        return slot
    for name in str(slot.get("MachineResources", "Cpus Memory Disk GPUs")).split():
        if f"TotalSlot{name}" in slot:
            slot[name] = slot[f"TotalSlot{name}"]
    devices = [name for name in slot if name.startswith("GPUs_") and hasattr(slot[name], "matches")]
    offline = str(slot.get("OfflineGPUs", ""))
    working = [name for name in devices if not (offline and str(slot[name].get("Id")) in offline)]
    if devices:
        slot["AvailableGPUs"] = parse_expression("{ " + ", ".join(working) + " }")
    return slot


def job_requirements(job: Ad) -> Iterator[Requirement]:
    """Yield a job's requirements (GPUs, then amounts, then the others), and at last what slots require of it."""
    if requested_amount(job, "GPUs"):
        yield _requirement("TARGET.GPUs >= MY.RequestGPUs", job)
        yield from _gpu_requirements(job)
    for name in ("Cpus", "Memory", "Disk"):
        if requested_amount(job, name):
            yield _requirement(f"TARGET.{name} >= MY.Request{name}", job)
    for condition in split_conditions(attribute_source(job, "Requirements")):
        yield _requirement(condition, job)
    yield Requirement(SLOT_RULES, lambda job, slot: bool(job.matches(slot)))


def _gpu_requirements(job: Ad) -> Iterator[Requirement]:
    """Yield the conditions of a job's RequireGPUs. Each counts the GPUs that also meet the conditions before it."""
    so_far = "true"
    for condition in split_conditions(attribute_source(job, "RequireGPUs")):
        before, so_far = so_far, f"{so_far} && ({condition})"
        gpu_count = f"countMatches({so_far}, TARGET.AvailableGPUs)"
        offer = f"evalInEachContext(ifThenElse({before}, {{}}, undefined), TARGET.AvailableGPUs)"
        yield _requirement(condition, job, f"{gpu_count} >= MY.RequestGPUs", gpu_count, offer)


def _requirement(condition: str, job: Ad, test: str = "", gpu_count: str = "", offer: str = "TARGET.{}") -> Requirement:
    """Return the requirement that a condition of a job makes. `test` replaces the condition for whole slots."""
    filled = fill_condition(condition, job)
    comparison = COMPARISON.fullmatch(filled)
    attribute = comparison["name"] if comparison and comparison["operator"] in (">=", ">", "==", "is") else ""
    tested = parse_expression(test or condition)
    return Requirement(
        readable_condition(filled),
        lambda job, slot: number_or_zero(tested.eval(job, slot)) != 0,
        gpu_count,
        attribute,
        offer.format(attribute),
    )


def requested_amount(job: Ad, name: str) -> float:
    """Return how much of a resource (Cpus, Memory, Disk or GPUs) a job requests, in HTCondor's unit; 0 for none."""
    return number_or_zero(job.eval(f"Request{name}")) if f"Request{name}" in job else 0.0


def _count_units(units: str, job: Ad, slots: Sequence[Ad]) -> int:
    counted = parse_expression(units)
    return int(sum(number_or_zero(counted.eval(job, slot)) for slot in slots))


def _slot_capacity(job: Ad, slot: Ad, units: str) -> int:
    """Return how many jobs fit into a slot that matches."""
    if not slot.get("PartitionableSlot"):
        return 1
    amounts = {name: number_or_zero(slot.get(name)) for name in ("Cpus", "Memory", "Disk")} | {
        "GPUs": number_or_zero(evaluate_expression(units, job, slot))
    }
    return int(
        min(amount // requested_amount(job, name) for name, amount in amounts.items() if requested_amount(job, name))
    )


def _offer(requirement: Requirement, job: Ad, slots: Sequence[Ad]) -> str:
    """Return a sentence on what slots have of what a requirement compares, '' if that says nothing."""
    if not requirement.attribute:
        return ""
    offered = parse_expression(requirement.offer)
    values = [value for slot in slots for value in _as_list(offered.eval(job, slot))]
    unit = ATTRIBUTES.get(requirement.attribute, ("", 0))[1]
    if numbers := [number_or_zero(value) for value in values if number_or_zero(value)]:
        return f"The pool has at most {readable_amount(max(numbers), unit)}. "
    names = [name for name, _ in Counter(value for value in values if isinstance(value, str)).most_common(NAMED)]
    return f"The pool has {', '.join(names)}. " if names else ""


def _broken_rule(job: Ad, slots: Sequence[Ad]) -> str:
    """Return a sentence on the rule of slots that the job breaks most often, '' if there is none."""
    broken = Counter(
        rule for slot in slots for rule in _slot_rules(slot) if not number_or_zero(evaluate_expression(rule, slot, job))
    )
    return f"Most slots refuse the job because this is not true: {broken.most_common(1)[0][0]}. " if broken else ""


def _slot_rules(slot: Ad) -> list[str]:
    """Return the conditions that a slot puts on jobs. An attribute such as START is replaced by its conditions."""
    conditions = split_conditions(attribute_source(slot, "Requirements"))
    return [
        rule
        for condition in conditions
        for rule in (split_conditions(attribute_source(slot, condition)) if condition in slot else [condition])
    ]


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
