"""How many jobs of a kind would fit into a pool, and what each of their demands costs. Pure: over ads.

HTCondor's own functions evaluate the ads, so that a demand means here what it means to the negotiator; slots are taken
as they are when no job has a part of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sweep.doctor.classads import (
    COMPARISON,
    NAMES,
    attribute_source,
    conjuncts,
    fill_condition,
    number_or_zero,
    readable_amount,
    readable_condition,
)
from sweep.doctor.finding import Finding, error, ok, warning
from sweep.pool.classads import Ad, evaluate_expression, parse_expression

RULES = "what slots ask of jobs (START)"


NAMED = 5
"""How many values that a pool does have are named, where a job asks for another."""


@dataclass(frozen=True)
class Demand:
    """A condition of a job on a slot. `units` is an expression of how many of a slot's GPUs keep it and all before, ''
    where it is not about GPUs; `offers` one of what a slot has of the `attribute` that is compared, if one is."""

    text: str
    holds: Callable[[Ad, Ad], bool]
    units: str = ""
    attribute: str = ""
    offers: str = ""


@dataclass(frozen=True)
class Step:
    """A demand that costs something: what is left after it and all before; what there is of what it asks."""

    demand: str
    left: int
    there: str


@dataclass(frozen=True)
class Match:
    """What of a pool is left for a job. `total` and the steps count GPUs where the job asks for some, else slots;
    `places` is how many such jobs fit in side by side while no others run."""

    unit: str
    total: int
    steps: list[Step]
    places: int

    @property
    def chain(self) -> str:
        unit = self.unit if self.total != 1 else self.unit.removesuffix("s")
        return "; ".join([f"{self.total} {unit}", *(f"{step.demand} leaves {step.left}" for step in self.steps)])


def judge_match(found: Match, wanted: int) -> Finding:
    """Whether `wanted` jobs at a time have where to run."""
    if not found.total:
        return error(
            f"the pool has no {found.unit}", "Look at condor_status: is this the pool that you mean, and is it up?"
        )
    if not found.places:
        last = found.steps[-1]
        return error(f"no job can start: {found.chain}", f"{last.there}Ask for less in [job], or for another pool.")
    room = f"room for {found.places} of these jobs at a time in an empty pool: {found.chain}"
    if found.places < wanted and found.steps:
        before = [found.total, *(step.left for step in found.steps)]
        costs = [had - step.left for had, step in zip(before, found.steps, strict=False)]
        dearest = found.steps[costs.index(max(costs))]
        advice = f"{dearest.demand} costs the most, {max(costs)}. {dearest.there}Ask for less in [job], or be patient."
        return warning(f"{room}; {wanted} are to run side by side", advice)
    return ok(room)


def match_pool(job: Ad, slots: Sequence[Ad]) -> Match:
    """How a job fits into a pool. Dynamic and backfill slots do not count: what they have is another slot's."""
    left = [whole_slot(slot) for slot in slots if not (slot.get("DynamicSlot") or slot.get("BackfillSlot"))]
    gpus = requested(job, "GPUs")
    units, steps = ("TARGET.GPUs" if gpus else "1"), []
    total = before = _sum(units, job, left)
    for demand in job_demands(job):
        kept = [slot for slot in left if demand.holds(job, slot)]
        units = demand.units or units
        count = _sum(units, job, kept)
        if count < before:
            there = _there(demand, job, left) if demand.text != RULES else _broken_rule(job, left)
            steps.append(Step(demand.text, count, there))
        left, before = kept, count
    return Match("GPUs" if gpus else "slots", total, steps, sum(_places(job, slot, units) for slot in left))


def whole_slot(slot: Ad) -> Ad:
    """A slot's ad, made as it is while no job has a part of it."""
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


def job_demands(job: Ad) -> Iterator[Demand]:
    """What a job asks of a slot: GPUs, then amounts, then the rest of its requirements; and what slots ask of it."""
    if requested(job, "GPUs"):
        yield _demand("TARGET.GPUs >= MY.RequestGPUs", job)
        so_far = "true"
        for part in conjuncts(attribute_source(job, "RequireGPUs")):
            before, so_far = so_far, f"{so_far} && ({part})"
            units = f"countMatches({so_far}, TARGET.AvailableGPUs)"
            yield _demand(
                part, job, f"{units} >= MY.RequestGPUs", units,
                f"evalInEachContext(ifThenElse({before}, {{}}, undefined), TARGET.AvailableGPUs)",
            )  # fmt: skip
    for name in ("Cpus", "Memory", "Disk"):
        if requested(job, name):
            yield _demand(f"TARGET.{name} >= MY.Request{name}", job)
    for part in conjuncts(attribute_source(job, "Requirements")):
        yield _demand(part, job)
    yield Demand(RULES, lambda job, slot: bool(job.matches(slot)))


def _demand(part: str, job: Ad, test: str = "", units: str = "", offers: str = "TARGET.{}") -> Demand:
    """The demand that a part of a job's requirements makes; `test` is the expression for a slot, where it differs."""
    condition = fill_condition(part, job)
    compared = COMPARISON.fullmatch(condition)
    name = compared["name"] if compared and compared["operator"] in (">=", ">", "==", "is") else ""
    tested = parse_expression(test or part)
    return Demand(
        readable_condition(condition),
        lambda job, slot: number_or_zero(tested.eval(job, slot)) != 0,
        units,
        name,
        offers.format(name),
    )


def requested(job: Ad, name: str) -> float:
    """How much of a resource a job asks for."""
    return number_or_zero(job.eval(f"Request{name}")) if f"Request{name}" in job else 0.0


def _sum(units: str, job: Ad, slots: Sequence[Ad]) -> int:
    counted = parse_expression(units)
    return int(sum(number_or_zero(counted.eval(job, slot)) for slot in slots))


def _places(job: Ad, slot: Ad, units: str) -> int:
    """How many of a job a slot that it matches has room for."""
    if not slot.get("PartitionableSlot"):
        return 1
    has = {name: number_or_zero(slot.get(name)) for name in ("Cpus", "Memory", "Disk")} | {
        "GPUs": number_or_zero(evaluate_expression(units, job, slot))
    }
    return int(min(have // requested(job, name) for name, have in has.items() if requested(job, name)))


def _there(demand: Demand, job: Ad, slots: Sequence[Ad]) -> str:
    """What slots have of what a demand asks, as a sentence; '' where that says nothing."""
    if not demand.attribute:
        return ""
    offered = parse_expression(demand.offers)
    values = [value for slot in slots for value in _listed(offered.eval(job, slot))]
    unit = NAMES.get(demand.attribute, ("", 0))[1]
    if numbers := [number_or_zero(value) for value in values if number_or_zero(value)]:
        return f"The most there is: {readable_amount(max(numbers), unit)}. "
    names = [name for name, _ in Counter(value for value in values if isinstance(value, str)).most_common(NAMED)]
    return f"There is: {', '.join(names)}. " if names else ""


def _broken_rule(job: Ad, slots: Sequence[Ad]) -> str:
    """What slots ask that a job most often lacks, as a sentence."""
    broken = Counter(
        part for slot in slots for part in _rules(slot) if not number_or_zero(evaluate_expression(part, slot, job))
    )
    return f"Most often a job lacks this: {broken.most_common(1)[0][0]}. " if broken else ""


def _rules(slot: Ad) -> list[str]:
    """The parts of what a slot asks of jobs; those that it has by name, such as START, as they are written out."""
    parts = conjuncts(attribute_source(slot, "Requirements"))
    return [rule for part in parts for rule in (conjuncts(attribute_source(slot, part)) if part in slot else [part])]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
