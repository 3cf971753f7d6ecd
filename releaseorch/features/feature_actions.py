"""What a person may do with a feature, or why not."""

from collections.abc import Iterable, Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.catalog import services as catalog
from releaseorch.catalog.models import Application
from releaseorch.core.actions import Action, Field
from releaseorch.core.choosing import MOST_OFFERED
from releaseorch.features.models import Feature, FeatureScope, Release
from releaseorch.features.services.releases import scope_of
from releaseorch.features.states import FeatureStatus, ReleaseState


def set_status(scope: FeatureScope, person: Person) -> Action:
    why_not = policy.why_not(person, "feature.edit", catalog.scope_of(scope.application))
    return Action(
        verb="set_status",
        label=_("Set status"),
        url=f"/features/{scope.feature_id}/set-status",
        allowed=not why_not,
        why_not=why_not,
        version=scope.row_version,
        reason_label=_("Why"),
        fields=(
            Field("application", value=str(scope.application_id)),
            Field("status", _("Where it stands"), value=str(scope.status), kind="select", required=True,
                  choices=tuple((one.value, str(one.label)) for one in FeatureStatus)),
            Field("reason", _("Why"), kind="textarea"),
        ),
    )  # fmt: skip


def remove_application(feature: Feature, scope: FeatureScope, person: Person) -> Action:
    why_not = policy.why_not(person, "feature.edit", catalog.scope_of(scope.application))
    return Action(
        "remove_application", _("Take out"), f"/features/{feature.pk}/remove-application",
        allowed=not why_not, why_not=why_not, needs_reason=True, version=feature.row_version,
        fields=(Field("application", value=str(scope.application_id)),),
        consequence=_("The feature doesn't touch %(application)s any more.") % {"application": scope.application},
    )  # fmt: skip


def add_application(feature: Feature, person: Person, others: QuerySet[Application]) -> Action | None:
    """Those that the feature doesn't touch and this person works on; None when no other is left.

    Where they are too many to offer, the name is typed, and the service says whether it may be that one.
    """
    left = list(others.only("name", "team_id")[: MOST_OFFERED + 1])
    if len(left) > MOST_OFFERED:
        why_not = (
            "" if policy.may_somewhere(person, "feature.edit") else policy.why_not(person, "feature.edit")
        )
        return _add_application(feature, not why_not, why_not, Field("application", _("Application"), kind="text",
                                required=True, help=_("Its name.")))  # fmt: skip
    theirs = [one for one in left if not policy.why_not(person, "feature.edit", catalog.scope_of(one))]
    if not left:
        return None
    choices = tuple((str(one.pk), one.name) for one in theirs)
    field = Field("application", _("Application"), kind="select", required=True, choices=choices)
    return _add_application(
        feature, bool(theirs), "" if theirs else policy.why_not(person, "feature.edit"), field
    )


def _add_application(feature: Feature, allowed: bool, why_not: str, field: Field) -> Action:
    return Action(
        "add_application", _("Touches another application"), f"/features/{feature.pk}/add-application",
        allowed=allowed, why_not=why_not, version=feature.row_version, fields=(field,),
    )  # fmt: skip


def move(
    feature: Feature, inside: Sequence[Release], person: Person, releases: Iterable[Release]
) -> Action | None:
    """Out of one release, into another; None while there is no release."""
    known = list(releases)
    if not known:
        return None
    sources = [one for one in inside if not one.is_over]
    held = {one.pk for one in inside}
    targets = [one for one in known if one.state == ReleaseState.PLANNING and one.pk not in held]
    reasons = [policy.why_not(person, "release.edit", scope_of(one)) for one in [*sources, *targets]]
    nowhere = _("No release takes it or gives it up now.")
    why_not = (reasons[0] if reasons else nowhere) if all(reasons) else ""
    return Action(
        "move", _("Move to another release"), f"/features/{feature.pk}/move",
        allowed=not why_not, why_not=why_not, needs_reason=True, version=feature.row_version,
        fields=(
            Field("source", _("Out of"), str(sources[0].pk) if sources else "", kind="select",
                  choices=(*((str(one.pk), one.name) for one in sources), ("", _("no release")))),
            Field("target", _("Into"), kind="select",
                  choices=(*((str(one.pk), one.name) for one in targets), ("", _("no release")))),
        ),
        consequence=_("What was filed for it stays filed; whoever is about it sees that it moved."),
    )  # fmt: skip
