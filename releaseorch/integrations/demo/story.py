"""What happened at Northfold lately: every object reaches its state through the services, on a clock that is set."""

from datetime import timedelta
from functools import partial

from django.db import transaction

from releaseorch.accounts.roles import Role
from releaseorch.audit import events, seals
from releaseorch.catalog import services as catalog
from releaseorch.core import clock
from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.states import ItemKind, ItemPlacement
from releaseorch.environments import services as environments
from releaseorch.environments import signoffs
from releaseorch.environments.states import SignoffVerdict
from releaseorch.features import services as features
from releaseorch.integrations.demo import carried_out, filing
from releaseorch.integrations.demo.stage import (
    Scenes,
    approve,
    composed,
    file,
    proposed,
    started,
    work_through,
)
from releaseorch.integrations.demo.world import World
from releaseorch.policies import services as policies
from releaseorch.policies.models import Subject
from releaseorch.runs import services as runs

LOOKED_THROUGH = "Looked through the plan with the team."
# feature, environment, who, what they found; empty: it is good
SIGNED_OFF = (
    ("CR-4981", "acceptance", "stefan", ""),
    ("CR-4918", "acceptance", "grace", ""),
    ("CR-4933", "acceptance", "stefan", ""),
    ("CR-4956", "acceptance", "stefan", ""),
    ("CR-4974", "acceptance", "priya", ""),
    ("CR-5017", "acceptance", "priya", ""),
    ("CR-4985", "acceptance", "grace", ""),
    (
        "CR-4990",
        "acceptance",
        "grace",
        "Two brokers were paid for one contract, see the list of 40 at the ticket.",
    ),
)


def tell(world: World) -> None:
    """The whole story, oldest first; it leaves requests and runs in states worth looking at."""
    told = Scenes()
    filing.scenes(world, told)
    carried_out.scenes(told)
    told.add("170d", who_looks_at_keys)
    told.add("89d", partial(move_releases, verb="lock"))
    told.add("86d", partial(move_releases, verb="begin"))
    told.add("83d", partial(move_releases, verb="complete"))
    told.add("8d 3h", a_run_that_went_well, has_tools=True)
    told.add("6d", block_a_version)
    told.add("5d", requests_that_never_ran)
    told.add("2d 4h", claims_file)
    told.add("2d 3h 30m", policy_files)
    told.add("2d 1h 30m", billing_files)
    told.add("1d 12h", features_are_tried)
    told.add("1d 5h 30m", the_release_is_looked_at)
    told.add("1d 2h 30m", the_portal_files)
    told.add("9h", what_is_kept_free)
    told.add("7h", documents_file)
    told.add("4h 30m", documents_go_ahead)
    told.add("3h", a_draft_with_a_conflict)
    told.add("2h", a_run_that_waits_for_a_decision, has_tools=True)
    with events.unwatched():
        told.play(world)
        with transaction.atomic():
            while seals.seal_batch():
                pass  # what people are told of all this goes out in the housekeeper's first seconds


def who_looks_at_keys(world: World) -> None:
    """What touches the vault needs a word of security too."""
    policies.create_policy(
        actor=world.people["ada"],
        name="Keys and who holds them",
        subject=Subject.REQUEST,
        application=world.applications["key-vault"],
        environment=world.environments["production"],
        slots=[
            policies.SlotDraft(name="Release management", role=Role.RELEASE_MANAGER),
            policies.SlotDraft(name="Security", role=Role.SECURITY),
        ],
    )


def move_releases(world: World, *, verb: str) -> None:
    moves = {
        "lock": features.lock_release,
        "begin": features.begin_release,
        "complete": features.complete_release,
    }
    world.releases["2026.3"] = moves[verb](actor=world.people["amara"], release=world.releases["2026.3"])


def block_a_version(world: World) -> None:
    catalog.block_version(
        actor=world.people["mira"],
        version=world.versions["broker-api", "7.2.0"],
        reason="Rounds premiums down instead of to the nearest cent; take 7.2.1.",
    )


def features_are_tried(world: World) -> None:
    for key, environment, who, found in SIGNED_OFF:
        signoffs.sign_off_feature(
            actor=world.people[who],
            feature=world.features[key],
            environment=world.environments[environment],
            verdict=SignoffVerdict.REFUSED if found else SignoffVerdict.ACCEPTED,
            reason=found,
        )
        clock.advance(timedelta(minutes=7))


def a_run_that_went_well(world: World) -> None:
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
    run = started(world, [request], "Billing schema to Acceptance", LOOKED_THROUGH)
    work_through(run, world.people["jonas"], lambda _step: "Posted on the service desk board, number 8841.")


def requests_that_never_ran(world: World) -> None:
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


def claims_file(world: World) -> None:
    world.requests["claims"] = file(
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


def policy_files(world: World) -> None:
    world.requests["policy"] = file(
        world,
        "lea",
        "policy-admin",
        "production",
        {"policy-db": "8.15.0", "policy-core": "8.15.0"},
        title="Policy Admin 8.15.0",
        features=("CR-5033", "CR-5052"),
        release="2026.4",
    )


def billing_files(world: World) -> None:
    world.requests["billing"] = file(
        world,
        "kofi",
        "billing",
        "production",
        {"billing-db": "6.2.0", "billing-api": "6.2.0"},
        title="Billing 6.2.0",
        features=("CR-5003", "CR-5040"),
        release="2026.4",
    )


def the_release_is_looked_at(world: World) -> None:
    approve(world, world.requests["claims"], comment="All three features are in Acceptance and work.")
    approve(world, world.requests["policy"])
    services.send_back_request(
        actor=world.people["sunita"],
        request=world.requests["billing"],
        reason="billing-api 6.2.0 was never in Acceptance. Bring it there first, then submit again.",
    )


def the_portal_files(world: World) -> None:
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


def documents_file(world: World) -> None:
    world.requests["documents"] = file(
        world,
        "tomasz",
        "document-service",
        "production",
        {"doc-index": "3.3.1", "render": "3.3.1"},
        title="Document Service 3.3.1",
        features=("CR-4987", "CR-5040"),
        release="2026.4",
    )


def documents_go_ahead(world: World) -> None:
    request = world.requests["documents"]
    approve(world, request, comment="Can go ahead of the others, nothing needs it to wait.")
    clock.advance(timedelta(minutes=20))
    proposed(world, [request], "Document Service ahead of 2026.4")


def a_draft_with_a_conflict(world: World) -> None:
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
    composed(world, [first, second], "Portal to Acceptance")


def a_run_that_waits_for_a_decision(world: World) -> None:
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
    run = started(world, [request], "Payout fix to Integration", LOOKED_THROUGH)
    runs.comment_run(
        actor=world.people["ines"], run=run, text="I am at my desk until six, call me when it looks odd."
    )
    clock.advance(timedelta(minutes=5))
    work_through(run, world.people["jonas"], lambda _step: "On hold since now, no job was running.")


def what_is_kept_free(world: World) -> None:
    """The payouts are being tested; the premiums of December and the close of the month are ahead."""
    environments.create_reservation(
        actor=world.people["priya"],
        environment=world.environments["acceptance"],
        application=world.applications["claims"],
        reason="Acceptance test of the payouts, please leave Claims as it is",
        expires_at=world.now + timedelta(days=1),
    )
    environments.create_freeze(
        actor=world.people["amara"],
        environment=world.environments["production"],
        application=world.applications["policy-admin"],
        reason="The premiums of December are computed; nothing of Policy Admin moves meanwhile.",
        starts_at=world.now + timedelta(days=3),
        ends_at=world.now + timedelta(days=5),
    )
    evening = (world.now + timedelta(days=8)).replace(hour=18, minute=0, second=0, microsecond=0)
    environments.create_freeze(
        actor=world.people["sunita"],
        environment=world.environments["production"],
        reason="Close of the month: General Ledger, Reserving and Solvency Reporting draw from Production.",
        starts_at=evening,
        ends_at=evening + timedelta(hours=36),
    )
