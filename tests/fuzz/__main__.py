"""Fuzz every reader: `make fuzz`, or with words of its own `make fuzz ARGS="--cases 1000"`.

A case is a valid file with a few changes, made from the seed, the target and its number alone. A
reader may accept it or raise one of our own errors; anything else is a fault: another exception, a
warning or a line on the terminal, more than 10 s of processor time, more than 1 GB of memory, the
end of the process. The files of each fault are kept, and the command that makes the case again is
printed. Exit status 1 where there is any. Besides, an invented register is written through layouts
of offices and read back: one for twenty cases, without a wrong value.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests import office_layouts
from tests.fuzz.run import Fault, Outcome, Plan, run
from tests.fuzz.targets import TARGETS

CASES = 200_000
_CASES_PER_LAYOUT = 20  # ten thousand layouts of whole registers, besides
_WIDTH = 30


def parsed(arguments: list[str]) -> argparse.Namespace:
    about, _, more = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(prog="make fuzz", description=about, epilog=more)
    parser.add_argument("--seed", type=int, default=1, help="of all changes (default: 1)")
    parser.add_argument("--cases", type=int, default=CASES, help=f"in all (default: {CASES:,})")
    parser.add_argument("--only", default="", metavar="PATTERN", help="targets of such a name")
    parser.add_argument("--case", type=int, help="only the case of this number")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--keep", type=Path, help="folder for the files of faults")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the cases that the words ask for; 1 where one of them is a fault."""
    given = parsed(arguments)
    targets = [target for target in TARGETS if re.search(given.only, target.name)]
    if not targets:
        sys.stderr.write(f"no such target; there are: {', '.join(t.name for t in TARGETS)}\n")
        return 2
    keep = given.keep or Path(tempfile.gettempdir()) / f"kalsel-gap-fuzz-{given.seed}"
    plan = Plan(given.seed, given.cases, tuple(targets), keep, given.case)
    begun = time.monotonic()
    progress = Progress(f"--seed {given.seed} --cases {given.cases}")
    is_whole = False
    with contextlib.suppress(KeyboardInterrupt):  # what was found until then is worth a report
        run(plan, workers=given.workers, show=progress.show)
        is_whole = True
    sys.stdout.write(report(progress.outcomes, time.monotonic() - begun))
    if progress.faults:
        sys.stdout.write(f"{progress.faults:,} faults; their files are in {keep}\n")
    if not is_whole or given.only:
        return 0 if is_whole and not progress.faults else 1
    layouts, is_good = office_layouts.report(
        max(1, given.cases // _CASES_PER_LAYOUT), given.seed, given.workers
    )
    sys.stdout.write(layouts)
    return 0 if is_good and not progress.faults else 1


class Progress:
    """A bar on the terminal, and each fault as soon as it is found."""

    def __init__(self, again: str) -> None:
        self.again, self.shown, self.faults = again, 0, 0
        self.outcomes: list[Outcome] = []

    def show(self, outcomes: list[Outcome], of: int) -> None:
        self.outcomes = outcomes
        if self.shown == len(outcomes):
            return
        for outcome in outcomes[self.shown :]:
            if outcome.fault is not None:
                self.faults += 1
                sys.stdout.write(described(outcome.fault, self.again))
        sys.stdout.flush()
        done = self.shown = len(outcomes)
        if sys.stderr.isatty():
            bar = ("#" * (_WIDTH * done // of)).ljust(_WIDTH, ".")
            end = "\n" if done == of else ""
            sys.stderr.write(f"\r[{bar}] {done:,} of {of:,}, {self.faults} faults{end}")
            sys.stderr.flush()


def report(outcomes: list[Outcome], seconds: float) -> str:
    """A line for each target: cases, accepted, refused, faults, slowest case, most memory."""
    lines = [
        f"{'target':20}{'cases':>9}{'read':>9}{'refused':>9}{'faults':>8}{'slowest':>10}{'peak':>9}"
    ]
    kinds: dict[str, Counter[str]] = {}
    for each in outcomes:
        kinds.setdefault(each.target, Counter())[each.kind] += 1
    for name, counted in kinds.items():
        mine = [each for each in outcomes if each.target == name]
        slowest, peak = max(each.seconds for each in mine), max(each.peak_mb for each in mine)
        lines.append(
            f"{name:20}{len(mine):9,}{counted['read']:9,}{counted['refused']:9,}"
            f"{counted['fault']:8,}{slowest:8.2f} s{peak:6.0f} MB"
        )
    lines.append(f"{len(outcomes):,} cases in {seconds / 60:.1f} minutes")
    return "\n".join(lines) + "\n"


def described(fault: Fault, words: str) -> str:
    again = f'make fuzz ARGS="{words} --only {fault.target!r} --case {fault.number}"'
    return f"\n{fault.target}, case {fault.number}: {fault.what}\n  again: {again}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
