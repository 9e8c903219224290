"""What the benchmark's rows measure, with target and floor, and how the outcome is printed.

A row (P1, P2, ...) is measured one or more times; each time it gives a value for each of its
figures. A figure becomes a line of the table: least, median and greatest value of the runs.
"""
import dataclasses
import statistics
from typing import Optional


@dataclasses.dataclass(frozen=True)
class Figure:
    row: str
    key: str
    what: str
    unit: str
    target: Optional[float] = None
    floor: Optional[float] = None  # must be reached
    less_is_better: bool = False

    def holds(self, value, bound):
        return value <= bound if self.less_is_better else value >= bound


@dataclasses.dataclass
class Measured:
    """Of one run: a value by figure key, under which conditions, and what else was seen."""
    values: dict
    conditions: str
    detail: dict = dataclasses.field(default_factory=dict)
    notes: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class RowOutcome:
    name: str
    figures: list
    runs: list = dataclasses.field(default_factory=list)  # of Measured
    error: Optional[str] = None

    def values(self, figure):
        return [run.values[figure.key] for run in self.runs if figure.key in run.values]

    def median(self, key):
        return statistics.median(run.values[key] for run in self.runs)

    def verdict(self, figure):
        values = self.values(figure)
        if not values:
            return "not measured"
        median = statistics.median(values)
        if figure.floor is not None and not figure.holds(median, figure.floor):
            return "BELOW FLOOR"
        if figure.target is None:
            return ""
        return "target met" if figure.holds(median, figure.target) else "below target"

    def below_floor(self):
        return any(self.verdict(figure) == "BELOW FLOOR" for figure in self.figures)

    def as_json(self):
        figures = []
        for figure in self.figures:
            values = self.values(figure)
            figures.append({
                **dataclasses.asdict(figure), "values": values, "verdict": self.verdict(figure),
                "min": min(values, default=None), "max": max(values, default=None),
                "median": statistics.median(values) if values else None})
        return {"row": self.name, "error": self.error, "figures": figures,
                "runs": [dataclasses.asdict(run) for run in self.runs]}


def number_text(value, unit):
    if unit.endswith("/s") and value >= 1e6:
        return f"{value / 1e6:.3g} M {unit}"
    if unit.endswith("/s") and value >= 1e4:
        return f"{value / 1e3:.3g} k {unit}"
    return f"{value:.0f} {unit}" if value >= 1000 else f"{value:.3g} {unit}"


def bound_text(bound, figure):
    if bound is None:
        return "-"
    return ("≤ " if figure.less_is_better else "≥ ") + number_text(bound, figure.unit)


def table(outcomes):
    """The rows as Markdown, and below it what each was measured under."""
    lines = ["| row | what | min | median | max | target | must reach | |",
             "|---|---|---|---|---|---|---|---|"]
    for outcome in outcomes:
        for figure in outcome.figures:
            values = outcome.values(figure)
            spread = ([number_text(pick(values), figure.unit)
                       for pick in (min, statistics.median, max)] if values else ["-"] * 3)
            cells = [outcome.name, figure.what, *spread, bound_text(figure.target, figure),
                     bound_text(figure.floor, figure), outcome.verdict(figure)]
            lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "Conditions:", ""]
    for outcome in outcomes:
        if outcome.runs:
            runs = len(outcome.runs)
            lines.append(f"- {outcome.name}: {outcome.runs[0].conditions}; "
                         f"{runs} run{'s' if runs > 1 else ''}.")
            notes = dict.fromkeys(note for run in outcome.runs for note in run.notes)
            lines += [f"  - {note}" for note in notes]
        if outcome.error:
            lines.append(f"- {outcome.name} FAILED: {outcome.error}")
    return "\n".join(lines)
