"""One campaign: people work, the injector breaks things, and when it is quiet again the checker looks."""

import argparse
import random
import time
from dataclasses import dataclass, field
from typing import Any

from django.core.management import call_command
from django.db import connections

from tests.faults.campaign import checker, defects
from tests.faults.campaign.house import make_house
from tests.faults.campaign.injector import Injector
from tests.faults.campaign.people import Team
from tests.faults.campaign.plant import Plant
from tests.faults.campaign.servers import until

SEALED_S = 3.0
READY_S = 120.0
PATIENCE_S = 600.0  # of people, who then say that the installation is broken


@dataclass
class Report:
    """What was done, what was hit, and what did not hold."""

    seed: int
    defect: str
    seconds: float
    counts: dict[str, int]
    hits: dict[str, int]
    missed: dict[str, int]
    deaths: dict[str, int]
    broken: list[str] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        if self.defect:
            return not self.not_found
        return not (self.broken or self.missed)

    @property
    def not_found(self) -> list[str]:
        """Defects that were planted, and whose check is content."""
        checks = {sentence.partition(":")[0] for sentence in self.broken}
        return [name for name in defects.names(self.defect) if defects.DEFECTS[name].found_by not in checks]

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "ok": self.is_well}

    def as_text(self) -> str:
        rows = [f"Seed {self.seed}, {self.seconds:.0f} s."]
        rows += [f"  {name}: {number}" for name, number in self.counts.items()]
        rows += [
            f"  {name:<36} hit {number} times" + ("  NOT ENOUGH" if name in self.missed else "")
            for name, number in sorted(self.hits.items())
        ]
        rows += [f"  {name:<36} hit 0 times  NOT ENOUGH" for name in self.missed if name not in self.hits]
        rows += [f"BROKEN: {sentence}" for sentence in self.broken] or ["Every invariant holds."]
        rows += [f"NOT FOUND: {name}" for name in self.not_found]
        return "\n".join(rows)


def carry_out(plant: Plant, options: argparse.Namespace) -> Report:
    began, dice = time.monotonic(), random.Random(options.seed)
    call_command("migrate", verbosity=0)
    house = make_house(dice, options.runs, poison=not options.faults, fate=options.fate)
    connections.close_all()
    plant.start()
    until(lambda: plant.is_ready, "The web processes don't answer", READY_S)
    worked = time.monotonic()
    team = Team(house, plant.web_ports, plant.folder, options.seed, plant.pace(PATIENCE_S))
    injector = Injector.of(plant, dice, options)
    team.begin(options.at_once)
    while time.monotonic() - worked < options.longest:
        plant.revive()
        injector.tick()
        time.sleep(0.05)
        if not team.is_filing:
            break
    injector.end()
    plant.note_what_is_ready()
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < (plant.pace.settled_s + 2 if team.is_filing else SEALED_S):
        plant.revive()
        time.sleep(0.05)
    team.over.set()
    for thread in team.threads:
        thread.join(30)
    plant.halt()
    broken = [*team.broken, *checker.broken(plant)]
    if team.waiting:
        broken.append(f"{len(team.waiting)} orders were not begun within {options.longest:g} s")
    hits = injector.hits()
    return Report(
        options.seed,
        options.defect,
        time.monotonic() - began,
        {**checker.counts(plant), "faults": injector.hitting, "deaths": sum(p.died for p in plant.programs)},
        hits,
        {name: hits.get(name, 0) for name, wanted in injector.wanted.items() if hits.get(name, 0) < wanted},
        {program.name: program.died for program in plant.programs},
        broken,
    )
