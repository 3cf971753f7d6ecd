"""The verbs of features."""

from typing import Any

from releaseorch.accounts.models import Person
from releaseorch.core.actor import SYSTEM
from releaseorch.environments import inventory, signoffs
from releaseorch.environments.models import FeatureSignoff
from releaseorch.environments.states import SignoffVerdict
from releaseorch.features import services
from releaseorch.features.models import Feature, FeatureInVersion
from tests.doors.request_verbs import WHY
from tests.doors.verbs import Call, Verb, typed
from tests.factories import House

HAIL: dict[str, Any] = {"key": "CR-7000", "title": "Hail season", "url": "https://tracker.example.org/7000"}


def payouts(house: House) -> Feature:
    return house.payouts


def in_two(house: House) -> Feature:
    return services.add_application(
        actor=house.cast.release_manager, feature=house.payouts, application=house.portal
    )


def in_acceptance(house: House) -> Feature:
    version = house.version(house.claims_web)
    FeatureInVersion.objects.create(version=version, feature=house.payouts)
    inventory.install(
        actor=SYSTEM, component=house.claims_web, environment=house.acceptance, target=None, version=version,
        source_kind="run", source_id=1, source_name="#1",
    )  # fmt: skip
    return house.payouts


def create(call: Call) -> Feature:
    return services.create_feature(
        actor=call.person, **HAIL, applications=[call.house.claims], owner=call.house.cast.qa
    )


def sign_off(call: Call) -> FeatureSignoff:
    return signoffs.sign_off_feature(
        actor=call.person, feature=call.subject, environment=call.house.acceptance,
        verdict=SignoffVerdict.ACCEPTED, reason=WHY,
    )  # fmt: skip


def owned_by(person: Person) -> dict[str, Any]:
    return {"title": "Payouts within the day", "owner": person}


FEATURE_VERBS = [
    Verb(
        "feature.create", "feature.created", "developer", payouts, create, again=True,
        page=lambda call: {**HAIL, "applications": [call.house.claims.pk], "owner": call.house.cast.qa.pk},
        page_path="/features/new", api=typed(**HAIL, applications=["claims"], owner="quinn"), api_path="features",
        found=lambda _feature: Feature.objects.get(key="CR-7000"),
    ),
    Verb(
        "feature.edit", "feature.edited", "developer", payouts,
        lambda call: services.edit_feature(**call.asked, **owned_by(call.house.cast.qa)),
        page=lambda call: owned_by(call.house.cast.qa.pk), api=typed(**owned_by("quinn")),  # type: ignore[arg-type]
        api_path="features/{pk}", api_method="patch",
    ),
    Verb(
        "feature.add_application", "feature.application_added", "developer", payouts,
        lambda call: services.add_application(**call.asked, application=call.house.portal),
        page=lambda call: {"application": call.house.portal.pk}, api=typed(application="customer-portal"),
    ),
    Verb(
        "feature.remove_application", "feature.application_removed", "developer", in_two,
        lambda call: services.remove_application(**call.asked, application=call.house.portal, reason=WHY),
        page=lambda call: {"application": call.house.portal.pk, "reason": WHY},
        api=typed(application="customer-portal", reason=WHY),
    ),
    Verb(
        "feature.move", "feature.moved", "release_manager", payouts,
        lambda call: services.move_feature(**call.asked, source=call.house.release, reason=WHY),
        page=lambda call: {"source": call.house.release.pk, "target": "", "reason": WHY},
        api=typed(source="2026.4", reason=WHY),
    ),
    Verb(
        "feature.sign_off", "feature.signed_off", "qa", in_acceptance, sign_off, unguarded=True,
        page=lambda call: {"environment": call.house.acceptance.pk, "verdict": "accepted", "reason": WHY},
        api=typed(environment="acceptance", verdict="accepted", reason=WHY),
    ),
]  # fmt: skip
