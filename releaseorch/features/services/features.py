"""Make features, and say where they stand."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.audit import events
from releaseorch.catalog import services as catalog
from releaseorch.catalog.models import Application
from releaseorch.core import clock, fields
from releaseorch.core.actor import Actor
from releaseorch.core.checked import cleaned, insert
from releaseorch.core.errors import Invalid
from releaseorch.features.models import (
    Feature,
    FeatureScope,
)
from releaseorch.features.services.editing import refuse_robots, releases_of
from releaseorch.features.states import FeatureStatus


def create_feature(
    *,
    actor: Person,
    key: str,
    title: str,
    applications: Sequence[Application],
    url: str = "",
    source: str = "",
    owner: Person | None = None,
    tester: Person | None = None,
    created_at: datetime | None = None,
) -> Feature:
    """A feature that touches `applications`; `created_at` is when the idea was had.

    Raises `NotAllowed`, or `Invalid` also for a key that is taken.
    """
    for application in applications:
        policy.require(actor, "feature.edit", catalog.scope_of(application))
    refuse_robots({"owner": owner, "tester": tester})
    _refuse_same_key(key)
    if not applications:
        raise Invalid({"applications": _("A feature touches one application at least.")})
    made = cleaned(
        Feature(
            key=key, title=title, url=url, source=source, owner=owner, tester=tester,
            created_at=created_at or clock.now(),
        )
    )  # fmt: skip
    with transaction.atomic():
        insert(made, "key", _("There is a feature %(key)s already.") % {"key": made.key})
        FeatureScope.objects.bulk_create(
            FeatureScope(feature=made, application=application) for application in applications
        )
        events.record(
            actor=actor, verb="feature.created", subject=made,
            after={"applications": [application.name for application in applications]},
        )  # fmt: skip
    return made


def _refuse_same_key(key: str) -> None:
    same = Feature.objects.filter(name_key=fields.name_key(key)).first()
    if same is not None:
        raise Invalid({"key": _("There is a feature %(key)s already.") % {"key": same.key}})


def set_feature_status(
    *,
    actor: Person,
    feature: Feature,
    application: Application,
    status: FeatureStatus,
    reason: str = "",
    seen: int | None = None,
) -> FeatureScope:
    """Say where the feature stands in one application; the same again changes nothing.

    `seen` is the version of its part in that application. Raises `NotAllowed`, `Conflict`, `Invalid`.
    """
    policy.require(actor, "feature.edit", catalog.scope_of(application))
    with transaction.atomic():
        scope = FeatureScope.objects.filter(feature=feature, application=application).first()
        if scope is None:
            raise Invalid(
                {"application": _("%(feature)s doesn't touch %(application)s.")
                 % {"feature": feature.key, "application": application}}
            )  # fmt: skip
        scope.check_version(seen)
        return write_feature_status(actor=actor, scope=scope, status=status, reason=reason)


def write_feature_status(
    *, actor: Actor, scope: FeatureScope, status: FeatureStatus, reason: str = ""
) -> FeatureScope:
    """The half of `set_feature_status` after the right to it was asked for; an import asks for one of its own.

    Told in the history of the feature. Raises `Conflict` when the scope isn't any more as it was read.
    """
    before = scope.status
    if before == status:
        return scope
    feature, application = scope.feature, scope.application
    with transaction.atomic():
        scope.status = FeatureStatus(status)
        scope.save(update_fields=["status"])
        events.record(
            actor=actor, verb="feature.status_set", subject=feature, reason=reason,
            before={"application": application.name, "status": str(before)},
            after={"application": application.name, "status": str(status)},
            topics=["requests", "work", *releases_of(feature)],
        )  # fmt: skip
    return scope
