"""Change what is known of a feature, and which applications it touches."""

from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.audit import edits, events
from releaseorch.catalog import services as catalog
from releaseorch.catalog.models import Application
from releaseorch.core.checked import reason_text
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.features.models import Feature, FeatureScope


class FeatureChanges(TypedDict, total=False):
    """What may be edited of a feature; the key stays, since versions and trackers name it."""

    title: str
    url: str
    owner: Person | None
    tester: Person | None


def edit_feature(
    *, actor: Person, feature: Feature, seen: int | None = None, **changes: Unpack[FeatureChanges]
) -> Feature:
    """Change what is given: whoever may in one of its applications. Raises `NotAllowed`, `Conflict`, `Invalid`."""
    reason = why_not_edit(actor, feature)
    if reason:
        raise NotAllowed(reason)
    refuse_robots(changes)
    return edits.edit_row(
        actor=actor,
        row=feature,
        seen=seen,
        values=changes,
        topics=["requests", "work", *releases_of(feature)],
    )


def add_application(
    *, actor: Person, feature: Feature, application: Application, seen: int | None = None
) -> Feature:
    """The feature touches this application too. Raises `NotAllowed`, `Conflict`, `Invalid`."""
    policy.require(actor, "feature.edit", catalog.scope_of(application))
    said = {"feature": feature.key, "application": application}
    if application.is_retired:
        raise Invalid({"application": _("%(application)s is retired.") % said})
    with transaction.atomic():
        fresh = edits.locked(feature, seen)
        try:
            with transaction.atomic():
                FeatureScope.objects.create(feature=fresh, application=application)
        except IntegrityError as clash:
            raise Invalid(
                {"application": _("%(feature)s touches %(application)s already.") % said}
            ) from clash
        return _tell(actor, "feature.application_added", fresh, after={"application": application.name})


def remove_application(
    *,
    actor: Person,
    feature: Feature,
    application: Application,
    reason: str,
    seen: int | None = None,
) -> Feature:
    """The feature doesn't touch this application; one always stays. Raises `NotAllowed`, `Conflict`, `Invalid`."""
    policy.require(actor, "feature.edit", catalog.scope_of(application))
    why, said = reason_text(reason), {"feature": feature.key, "application": application}
    with transaction.atomic():
        fresh = edits.locked(feature, seen)
        scope = fresh.scopes.filter(application=application).first()
        if scope is None:
            raise Conflict(_("%(feature)s doesn't touch %(application)s.") % said)
        if fresh.scopes.count() == 1:
            raise Invalid({"": _("A feature touches one application at least. Drop it there instead.")})
        before = {"application": application.name, "status": str(scope.status)}
        scope.delete()
        return _tell(actor, "feature.application_removed", fresh, before=before, reason=why)


def why_not_edit(person: Person, feature: Feature) -> str:
    """The empty text for whoever may change it in one of its applications."""
    reason = ""
    for scope in feature.scopes.select_related("application"):
        reason = policy.why_not(person, "feature.edit", catalog.scope_of(scope.application))
        if not reason:
            return ""
    return reason or policy.why_not(person, "feature.edit")


def refuse_robots(people: FeatureChanges) -> None:
    """Who owns or tests a feature gives their word for it."""
    for part in ("owner", "tester"):
        person = people.get(part)
        if isinstance(person, Person) and (person.is_robot or not person.is_active):
            raise Invalid({part: _("%(person)s can't give their word for a feature.") % {"person": person}})


def releases_of(feature: Feature) -> list[str]:
    """The topics of the releases that hold it."""
    return [f"release:{pk}" for pk in feature.lines.values_list("release_id", flat=True)]


def _tell(
    actor: Person,
    verb: str,
    feature: Feature,
    *,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
    reason: str = "",
) -> Feature:
    feature.save(update_fields=[])  # whoever looks at an older picture of it is told so
    events.record(
        actor=actor, verb=verb, subject=feature, before=before, after=after, reason=reason,
        topics=["requests", "work", *releases_of(feature)],
    )  # fmt: skip
    return feature
