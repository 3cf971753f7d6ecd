"""What happened at Northfold lately: every object reaches its state through the services, on a clock that is set."""

from collections.abc import Callable
from datetime import timedelta

from releaseorch.accounts.models import Person
from releaseorch.audit import outbox, seals
from releaseorch.catalog import services as catalog
from releaseorch.catalog.states import StepKind
from releaseorch.core import clock
from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import ItemKind, ItemPlacement
from releaseorch.environments import services as environments
from releaseorch.integrations.demo.world import World
from releaseorch.runs import engine
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import StepState


def tell(world: World) -> None:
    """The whole story, oldest first; each chapter leaves requests and runs in states worth looking at."""
    a_run_that_went_well(world)
    block_a_version(world)
    requests_that_never_ran(world)
    the_release_under_way(world)
    an_environment_that_is_kept(world)
    a_freeze_next_week(world)
    a_run_that_waits_for_its_approval(world)
    a_draft_with_a_conflict(world)
    a_run_that_waits_for_a_decision(world)
    while outbox.deliver() or seals.seal_batch():
        pass


def block_a_version(world: World) -> None:
    with clock.at(world.ago(days=6)):
        catalog.block_version(
            actor=world.people["mira"],
            version=world.versions["broker-api", "7.2.0"],
            reason="Rounds premiums down instead of to the nearest cent; take 7.2.1.",
        )


def file(
    world: World,
    who: str,
    application: str,
    environment: str,
    deploy: dict[str, str],
    *,
    title: str = "",
    features: tuple[str, ...] = (),
    release: str = "",
    manual: tuple[ItemDraft, ...] = (),
) -> DeploymentRequest:
    """A submitted request of `who`; `deploy` maps component to version."""
    items = [
        ItemDraft(kind=ItemKind.DEPLOY, component=world.components[name], version=world.versions[name, text])
        for name, text in deploy.items()
    ]
    request = services.create_request(
        actor=world.people[who],
        application=world.applications[application],
        environment=world.environments[environment],
        release=world.releases[release] if release else None,
        title=title,
        items=[*items, *manual],
        features=[world.features[key] for key in features],
    )
    return services.submit_request(actor=world.people[who], request=request)


def approve(
    world: World, request: DeploymentRequest, who: str = "sunita", comment: str = ""
) -> DeploymentRequest:
    return services.approve_request(actor=world.people[who], request=request, comment=comment)


def composed(
    world: World, requests: list[DeploymentRequest], title: str, who: str = "sunita"
) -> DeploymentRun:
    return services.compose_run(actor=world.people[who], requests=requests, title=title)


def started(world: World, requests: list[DeploymentRequest], title: str) -> DeploymentRun:
    """Composed by Sunita, approved by Amara, started."""
    run = composed(world, requests, title)
    run = services.propose_run(actor=world.people["sunita"], run=run)
    run = services.approve_run(
        actor=world.people["amara"], run=run, comment="Looked through the plan with the team."
    )
    return runs.start_run(actor=world.people["amara"], run=run)


def work_through(run: DeploymentRun, person: Person, note: Callable[[Step], str]) -> None:
    """Carry out what is ready, automated and by hand, until nothing more can be done."""
    while True:
        steps = list(Step.objects.filter(run=run, state=StepState.READY).order_by("number"))
        if not steps:
            return
        for step in steps:
            if step.kind == StepKind.AUTOMATED:
                engine.run_step(step.pk, step.token)
                continue
            taken = runs.take_step(actor=person, step=step)
            clock.advance(timedelta(minutes=4))
            runs.done_step(actor=person, step=taken, note=note(step))
            clock.advance(timedelta(minutes=1))


def a_run_that_went_well(world: World) -> None:
    with clock.at(world.ago(days=8, hours=3)):
        request = file(
            world,
            "kofi",
            "billing",
            "acceptance",
            {"billing-db": "6.2.0"},
            title="Billing schema 6.2.0 for the test of two languages",
            features=("CR-5040",),
            release="2026.4",
        )
        clock.advance(timedelta(hours=1))
        approve(world, request, comment="Needed for the acceptance test of the invoices.")
        clock.advance(timedelta(minutes=20))
        request.refresh_from_db()
        run = started(world, [request], "Billing schema to Acceptance")
        work_through(
            run, world.people["jonas"], lambda _step: "Posted on the service desk board, number 8841."
        )


def requests_that_never_ran(world: World) -> None:
    with clock.at(world.ago(days=5)):
        refused = file(
            world,
            "daniel",
            "broker-portal",
            "production",
            {"broker-web": "7.2.1"},
            title="Broker web on its own",
        )
        clock.advance(timedelta(hours=2))
        services.reject_request(
            actor=world.people["sunita"],
            request=refused,
            reason="broker-web 7.2.1 needs broker-api 7.2.1, which has never been in Acceptance.",
        )
        doubled = file(world, "lea", "policy-admin", "acceptance", {"policy-core": "8.15.1"})
        clock.advance(timedelta(hours=1))
        services.withdraw_request(
            actor=world.people["lea"],
            request=doubled,
            reason="8.15.2 comes tomorrow with the fix for foreign addresses.",
        )


def a_run_that_waits_for_a_decision(world: World) -> None:
    with clock.at(world.ago(hours=2)):
        request = file(
            world,
            "ines",
            "claims",
            "integration",
            {"payout-batch": "3.2.1"},
            title="Rounding of payouts",
            features=("CR-5003",),
        )
        clock.advance(timedelta(minutes=25))
        approve(world, request)
        clock.advance(timedelta(minutes=10))
        request.refresh_from_db()
        run = started(world, [request], "Payout fix to Integration")
        runs.comment_run(
            actor=world.people["ines"], run=run, text="I am at my desk until six, call me when it looks odd."
        )
        clock.advance(timedelta(minutes=5))
        work_through(run, world.people["jonas"], lambda _step: "On hold since now, no job was running.")


def the_release_under_way(world: World) -> None:
    with clock.at(world.ago(days=2, hours=4)):
        claims = file(
            world,
            "ines",
            "claims",
            "production",
            {"claims-db": "5.8.0", "intake": "5.8.0", "claims-web": "5.8.0", "payout-batch": "3.2.0"},
            title="Claims 5.8.0",
            features=("CR-4987", "CR-5003", "CR-5017"),
            release="2026.4",
            manual=(
                ItemDraft(
                    kind=ItemKind.MANUAL,
                    title="Release the payouts that were held",
                    instructions="1. Open the payout console, filter: held, run of tonight.\n"
                    "2. Check that the total equals the report of payout-batch.\n"
                    "3. Release, note the number of payouts.",
                    placement=ItemPlacement.AFTER,
                    team=world.teams["claims"],
                    expected_s=900,
                ),
            ),
        )
        clock.advance(timedelta(hours=1))
        policy = file(
            world,
            "lea",
            "policy-admin",
            "production",
            {"policy-db": "8.15.0", "policy-core": "8.15.0"},
            title="Policy Admin 8.15.0",
            features=("CR-5033", "CR-5052"),
            release="2026.4",
        )
        clock.advance(timedelta(hours=2))
        billing = file(
            world,
            "kofi",
            "billing",
            "production",
            {"billing-db": "6.2.0", "billing-api": "6.2.0"},
            title="Billing 6.2.0",
            features=("CR-5003", "CR-5040"),
            release="2026.4",
        )
        clock.advance(timedelta(hours=20))
        approve(world, claims, comment="All three features are in Acceptance and work.")
        approve(world, policy)
        services.send_back_request(
            actor=world.people["sunita"],
            request=billing,
            reason="billing-api 6.2.0 was never in Acceptance. Bring it there first, then submit again.",
        )
        clock.advance(timedelta(hours=3))
        file(
            world,
            "mira",
            "customer-portal",
            "production",
            {"portal-api": "12.4.0", "portal-front": "12.4.0"},
            title="Customer Portal 12.4.0",
            features=("CR-4987", "CR-5033"),
            release="2026.4",
        )


def a_run_that_waits_for_its_approval(world: World) -> None:
    with clock.at(world.ago(hours=7)):
        request = file(
            world,
            "tomasz",
            "document-service",
            "production",
            {"doc-index": "3.3.1", "render": "3.3.1"},
            title="Document Service 3.3.1",
            features=("CR-4987", "CR-5040"),
            release="2026.4",
        )
        clock.advance(timedelta(hours=2))
        approve(world, request, comment="Can go ahead of the others, nothing needs it to wait.")
        clock.advance(timedelta(hours=1))
        request.refresh_from_db()
        run = composed(world, [request], "Document Service ahead of 2026.4")
        services.propose_run(actor=world.people["sunita"], run=run)


def a_draft_with_a_conflict(world: World) -> None:
    with clock.at(world.ago(hours=3)):
        first = file(
            world, "mira", "customer-portal", "acceptance", {"portal-api": "12.4.1", "portal-front": "12.4.1"}
        )
        second = file(
            world,
            "daniel",
            "customer-portal",
            "acceptance",
            {"portal-api": "12.4.0"},
            title="Portal API back",
        )
        clock.advance(timedelta(minutes=40))
        approve(world, first)
        approve(world, second)
        first.refresh_from_db()
        second.refresh_from_db()
        composed(world, [first, second], "Portal to Acceptance")


def an_environment_that_is_kept(world: World) -> None:
    with clock.at(world.ago(hours=9)):
        environments.create_reservation(
            actor=world.people["priya"],
            environment=world.environments["acceptance"],
            application=world.applications["claims"],
            reason="Acceptance test of the payouts, please leave Claims as it is",
            expires_at=world.now + timedelta(days=1),
        )


def a_freeze_next_week(world: World) -> None:
    with clock.at(world.ago(hours=9)):
        environments.create_freeze(
            actor=world.people["amara"],
            environment=world.environments["production"],
            application=world.applications["policy-admin"],
            reason="The premiums of December are computed; nothing of Policy Admin moves meanwhile.",
            starts_at=world.now + timedelta(days=3),
            ends_at=world.now + timedelta(days=5),
        )
