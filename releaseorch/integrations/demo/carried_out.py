"""Scenes of runs around the six applications: what was carried out, given up or stopped, and what waits."""

from datetime import timedelta

from releaseorch.catalog import services as catalog
from releaseorch.core import clock
from releaseorch.delivery import services
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.integrations.demo.stage import Scenes, do, proposed, ready, started
from releaseorch.integrations.demo.world import World
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun


def scenes(told: Scenes) -> None:
    told.add("62d 15h", a_night_on_the_host)
    told.add("34d 18h", routes_with_an_exception)
    told.add("20d 20h", an_upgrade_is_proposed)
    told.add("20d 2h", an_upgrade_is_given_up)
    told.add("10d 20h", a_plan_is_refused)
    told.add("3d 9h", a_call_flow_that_failed)
    told.add("1d 0h 40m", letters_have_their_night)
    told.add("20h", loads_and_their_plan)
    told.add("16h 30m", a_grid_that_pauses)
    told.add("5h", a_pack_that_waits_for_hands)


def of(world: World, *keys: str) -> list[DeploymentRequest]:
    return [world.requests[key] for key in keys]


def a_night_on_the_host(world: World) -> None:
    run = started(
        world, of(world, "life-26.3"), "Life Core after quarter end", "Host operations have four people in."
    )
    notes = [
        "Planned change 70419, accepted by host operations.",
        "Return code 0. The region was drained for eleven minutes.",
        "All 36 contracts of the list agree.",
    ]
    for note in notes:
        [step] = ready(run)
        do(world.people["carlos"], step, note, minutes=9)


def routes_with_an_exception(world: World) -> None:
    run = started(world, of(world, "routes-214"), "Routes 214", "Twelve new routes, nothing else.")
    [step] = ready(run)
    do(world.people["bente"], step, "Imported and published, 12 objects were changed.", minutes=7)
    [step] = ready(run)
    step = runs.take_step(actor=world.people["bente"], step=step)
    clock.advance(timedelta(minutes=12))
    step = runs.failed_step(
        actor=world.people["bente"], step=step, note="Sent message 5521, nobody receives it. Three times."
    )
    clock.advance(timedelta(minutes=15))
    runs.skip_step(
        actor=world.people["jonas"],
        step=step,
        reason="The receiver for tests is switched off since Monday. Samuel saw real messages arrive.",
    )


def an_upgrade_is_proposed(world: World) -> None:
    run = proposed(world, of(world, "archive-5.2"), "Archive 5.2.0 to Acceptance")
    clock.advance(timedelta(minutes=30))
    services.approve_run(
        actor=world.people["amara"], run=run, comment="On a morning, with the vendor on the line."
    )


def an_upgrade_is_given_up(world: World) -> None:
    run = DeploymentRun.objects.get(title="Archive 5.2.0 to Acceptance")
    services.cancel_run(
        actor=world.people["sunita"],
        run=run,
        reason="The vendor says that 5.2.0 may lose entries of the index.",
    )
    clock.advance(timedelta(minutes=10))
    catalog.block_version(
        actor=world.people["hana"],
        version=world.versions["archive-store", "5.2.0"],
        reason="May lose entries of the index; the vendor withdrew it. Wait for 5.2.1.",
    )


def a_plan_is_refused(world: World) -> None:
    run = proposed(world, of(world, "plan-43"), "Plan 43 to Production")
    clock.advance(timedelta(hours=1))
    services.reject_run(
        actor=world.people["amara"],
        run=run,
        reason="Alone it only makes the nights longer: the loads that wait for data come with 11.3.0. Both in one run.",
    )


def a_call_flow_that_failed(world: World) -> None:
    run = started(world, of(world, "call-flow"), "Call flow 10.3 to Acceptance", "The consultant is there.")
    [step] = ready(run)
    do(world.people["bente"], step, "Snapshot “acc-callflow before 10.3”.", minutes=6)
    [step] = ready(run)
    step = runs.take_step(actor=world.people["bente"], step=step)
    clock.advance(timedelta(minutes=50))
    step = runs.failed_step(
        actor=world.people["bente"],
        step=step,
        note="The installer stops at 80 %: “licence server answers with version 9”. The service doesn't start.",
    )
    clock.advance(timedelta(minutes=25))
    runs.mark_failed_step(
        actor=world.people["jonas"],
        step=step,
        reason="The consultant can't say what is half installed. We go back to the snapshot tomorrow.",
    )
    run.refresh_from_db()
    clock.advance(timedelta(minutes=5))
    runs.stop_run(actor=world.people["sunita"], run=run, reason="First a licence for version 10, then again.")


def letters_have_their_night(world: World) -> None:
    """Tomorrow at eight in the evening, for four hours."""
    begins = (world.now + timedelta(days=1)).replace(hour=20, minute=0, second=0, microsecond=0)
    run = services.compose_run(
        actor=world.people["sunita"],
        requests=of(world, "letters", "print"),
        title="Letters and envelopes ahead of 2026.4",
        window_from=begins,
        window_until=begins + timedelta(hours=4),
    )
    run = services.propose_run(actor=world.people["sunita"], run=run)
    clock.advance(timedelta(minutes=20))
    run = services.approve_run(
        actor=world.people["amara"], run=run, comment="The hall has its late shift, Bruno is there."
    )
    clock.advance(timedelta(minutes=5))
    services.schedule_run(actor=world.people["sunita"], run=run)


def loads_and_their_plan(world: World) -> None:
    run = proposed(world, of(world, "warehouse", "plan-43"), "Loads that wait for their data")
    clock.advance(timedelta(hours=1))
    services.approve_run(
        actor=world.people["amara"], run=run, comment="Start it after the loads of a night, not before six."
    )


def a_grid_that_pauses(world: World) -> None:
    run = started(
        world, of(world, "grid"), "Grid 24.0", "Snapshot first, then look whether it still computes."
    )
    [step] = ready(run)
    clock.advance(timedelta(minutes=10))
    do(world.people["carlos"], step, "Snapshot “prod-grid before 24.0”, 38 machines.", minutes=14)
    run.refresh_from_db()
    clock.advance(timedelta(minutes=4))
    runs.comment_run(
        actor=world.people["fiona"],
        run=run,
        text="The grid still computes the storm for the reinsurers. Please don't stop it.",
    )
    clock.advance(timedelta(minutes=3))
    runs.pause_run(
        actor=world.people["amara"],
        run=run,
        reason="It goes on when the storm is through, around noon tomorrow.",
    )


def a_pack_that_waits_for_hands(world: World) -> None:
    started(
        world, of(world, "pack-59"), "Pack 59 to Acceptance", "Whenever somebody has a quarter of an hour."
    )
