"""The verbs of versions, features, the inventory, and the hold after a restore."""

from typing import Any

from releaseorch.audit import high_water
from releaseorch.catalog import services as catalog
from releaseorch.catalog.models import Component, ComponentVersion
from releaseorch.core.models import Hold
from releaseorch.environments import inventory
from releaseorch.environments.models import Installation
from releaseorch.features import services as features
from releaseorch.features.models import FeatureScope
from releaseorch.features.states import FeatureStatus
from releaseorch.runs import services as runs
from tests.doors.request_verbs import WHY
from tests.doors.verbs import Call, Verb, typed
from tests.factories import House


def component(house: House) -> Component:
    return house.claims_web


def version(house: House) -> ComponentVersion:
    return house.version(house.claims_web)


def blocked(house: House) -> ComponentVersion:
    return catalog.block_version(actor=house.cast.qa, version=version(house), reason="Loses payouts.")


def registered(_component: Component) -> ComponentVersion:
    return ComponentVersion.objects.get(text="9.0.0")


def register(call: Call) -> Any:
    return features.register_version_with_features(
        actor=call.person, component=call.subject, text="9.0.0", digest="sha256:9", features=["CR-5003"]
    )


def payouts_in_claims(house: House) -> FeatureScope:
    return FeatureScope.objects.get(feature=house.payouts, application=house.claims)


def set_status(call: Call) -> FeatureScope:
    return features.set_feature_status(
        actor=call.person, feature=call.subject.feature, application=call.subject.application,
        status=FeatureStatus.READY, reason=WHY, seen=call.seen,
    )  # fmt: skip


def in_production(house: House) -> Installation:
    version(house)
    return inventory.install(
        actor=house.cast.operator, component=house.claims_web, environment=house.production, target=None,
        version=house.version(house.claims_web, "1.9.0"), source_kind="hand", source_id=None, source_name="",
    )  # fmt: skip


def confirm(call: Call) -> Installation:
    return inventory.confirm(
        actor=call.person, component=call.subject.component, environment=call.subject.environment, target=None,
        version=call.house.claims_web.versions.get(text="2.0.0"), reason=WHY,
    )  # fmt: skip


def hold(_house: House) -> Hold:
    assert high_water.set_hold("Restored from the backup of Monday.", {})
    return Hold.objects.get()


OTHER_VERBS = [
    Verb(
        "hold.release", "hold.released", "administrator", hold,
        lambda call: runs.release_hold(**call.asked, reason=WHY), page=typed(reason=WHY), api=typed(reason=WHY),
    ),
    Verb(
        "version.register", "version.registered", "robot", component, register, found=registered, again=True,
        page=lambda _call: {"text": "9.0.0", "digest": "sha256:9", "features": "CR-5003"},
        page_path="/components/{pk}/versions/new", api_path="versions",
        api=lambda call: {
            "component": call.subject.pk, "version": "9.0.0", "digest": "sha256:9", "features": ["CR-5003"]
        },
    ),
    Verb(
        "version.block", "version.blocked", "qa", version,
        lambda call: catalog.block_version(actor=call.person, version=call.subject, reason=WHY),
        page=typed(reason=WHY), api=typed(reason=WHY),
    ),
    Verb(
        "version.unblock", "version.unblocked", "qa", blocked,
        lambda call: catalog.unblock_version(actor=call.person, version=call.subject, reason=WHY),
        page=typed(reason=WHY), api=typed(reason=WHY),
    ),
    Verb(
        "feature.set_status", "feature.status_set", "developer", payouts_in_claims, set_status,
        page=lambda call: {"application": call.house.claims.pk, "status": "ready", "reason": WHY},
        page_path="/features/{subject.feature_id}/set-status",
        api=typed(application="claims", status="ready", reason=WHY),
        api_path="features/{subject.feature_id}/set-status",
    ),
    Verb(
        "inventory.confirm", "inventory.confirmed", "operator", in_production, confirm, again=True,
        api_path="inventory/confirm",
        api=lambda call: {
            "component": call.house.claims_web.pk, "environment": "production", "reason": WHY,
            "version": call.house.claims_web.versions.get(text="2.0.0").pk,
        },
        page=lambda call: {"installed": call.house.claims_web.versions.get(text="2.0.0").pk, "reason": WHY},
        page_path="/where/{subject.component_id}/{subject.environment_id}/confirm",
        found=lambda _row: Installation.objects.get(until=None),
    ),
]  # fmt: skip
