"""A run with automated and manual steps, from start to end."""

from releaseorch.audit.models import Event
from releaseorch.runs import services
from releaseorch.runs.queries import log_bytes, log_tail
from releaseorch.waiting.models import Interval
from tests.characters import Cast
from tests.factories import House
from tests.runs import builders as a


def test_what_was_approved_is_carried_out_in_order_and_shown_in_the_inventory(
    cast: Cast, house: House
) -> None:
    version = house.version(house.claims_web, "2.1.0")
    run = a.running_run(
        cast.release_manager,
        a.installing("deploy", version, "sh", "-c", "echo unpacked; echo switched"),
        a.manual("check", after=["deploy"], team_id=cast.claims.pk),
        a.automated("tell", after=["check"]),
        environment=house.production,
    )
    assert a.states(run) == {"deploy": "ready", "check": "pending", "tell": "pending"}
    assert a.waits_of(run, "deploy") == "Waits for a worker."

    a.carry_out(run, "deploy")
    assert a.states(run) == {"deploy": "succeeded", "check": "ready", "tell": "pending"}
    assert a.installed(house.claims_web, house.production) == "2.1.0"
    assert a.waits_of(run, "check") == "Waits for a person of Claims to take it."
    assert a.waits_of(run) == "Step 2 · check: Waits for a person of Claims to take it."

    taken = services.take_step(actor=cast.developer, step=a.step(run, "check"))
    assert a.waits_of(run, "check") == "Dana Brandt works on it."
    services.done_step(actor=cast.developer, step=taken, note="Filed a claim, saw it.")
    a.carry_out(run, "tell")

    assert a.now(run).state == "succeeded"
    assert not Interval.objects.filter(ended_at=None).exists()
    assert not run.targets.filter(is_active=True).exists()
    verbs = list(
        Event.objects.filter(subject_kind__in=["run", "step"]).order_by("id").values_list("verb", flat=True)
    )
    assert verbs == [
        "run.started", "step.claimed", "step.succeeded", "step.taken", "step.done", "step.claimed", "step.succeeded",
        "run.succeeded",
    ]  # fmt: skip


def test_the_log_of_an_attempt_is_kept_byte_by_byte(cast: Cast) -> None:
    run = a.running_run(cast.release_manager, a.automated("count", "sh", "-c", "seq 1 20000"))
    a.carry_out(run, "count")
    attempt = a.last_attempt(run, "count")
    wanted = "".join(f"{number}\n" for number in range(1, 20001)).encode()
    assert log_bytes(attempt) == wanted
    assert log_bytes(attempt, 70_000, 10) == wanted[70_000:70_010]
    assert log_tail(attempt, 2) == "19999\n20000"
    assert all(len(bytes(chunk.data)) <= 64 * 1024 for chunk in attempt.chunks.all())


def test_a_run_in_which_nothing_is_needed_ends_when_it_starts(cast: Cast) -> None:
    run = a.running_run(
        cast.release_manager, a.automated("deploy", not_needed_because="2.1.0 is there already")
    )
    assert a.now(run).state == "succeeded"


def test_outputs_of_a_step_fill_the_parameters_of_a_later_one(cast: Cast, house: House) -> None:
    version = house.version(house.claims_web)
    write = ("sh", "-c", 'echo port=8080 > "$RELEASEORCH_OUTPUTS"')
    run = a.running_run(
        cast.release_manager,
        a.installing("claims-web.deploy", version, *write),
        a.automated(
            "claims-web.check", "echo", "port ${deploy.port}", after=["claims-web.deploy"],
            component_id=house.claims_web.pk,
        ),
    )  # fmt: skip
    a.carry_out(run, "claims-web.deploy")
    a.carry_out(run, "claims-web.check")
    assert log_tail(a.last_attempt(run, "claims-web.check"), 1) == "port 8080"
