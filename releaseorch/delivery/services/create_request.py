"""Create deployment requests: one, or several applications at once."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.catalog.models import Application
from releaseorch.core.checked import cleaned
from releaseorch.core.errors import Invalid, NotAllowed
from releaseorch.delivery import content, request_moves, request_rights
from releaseorch.delivery.digests import content_digest
from releaseorch.delivery.drafts import ItemDraft, RequestDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.environments.models import Environment
from releaseorch.features.models import Feature, Release
from releaseorch.features.states import ReleaseState

CLOSED_RELEASES = frozenset(
    {ReleaseState.COMPLETED, ReleaseState.COMPLETED_WITH_EXCEPTIONS, ReleaseState.ABANDONED}
)


def create_request(
    *,
    actor: Person,
    application: Application,
    environment: Environment,
    release: Release | None = None,
    title: str = "",
    note: str = "",
    items: Sequence[ItemDraft] = (),
    features: Sequence[Feature] | None = None,
    wish_from: datetime | None = None,
    wish_until: datetime | None = None,
    on_behalf_of: Person | None = None,
    filed_with: str = "",
) -> DeploymentRequest:
    """A new draft of `actor`, or of `on_behalf_of` with `actor` as the one who filed it.

    Without `features` it is about those of the application in the release. Raises `NotAllowed`, `Invalid`.
    """
    draft = RequestDraft(
        application=application, environment=environment, release=release, title=title, note=note, items=items,
        features=features, wish_from=wish_from, wish_until=wish_until, on_behalf_of=on_behalf_of,
    )  # fmt: skip
    return _create(actor, draft, filed_with)


def create_requests(*, actor: Person, drafts: Sequence[RequestDraft]) -> list[DeploymentRequest]:
    """Several applications at once: all are created, or none; they carry the same `filed_with`.

    Raises `NotAllowed`, or `Invalid` whose fields begin with the number of the draft ("2.items").
    """
    if not drafts:
        raise Invalid({"": _("Choose one application at least.")})
    filed_with = str(uuid.uuid4()) if len(drafts) > 1 else ""
    created: list[DeploymentRequest] = []
    wrong: dict[str, list[str]] = {}
    with transaction.atomic():
        for number, draft in enumerate(drafts, start=1):
            try:
                created.append(_create(actor, draft, filed_with))
            except Invalid as refused:
                wrong |= {f"{number}.{name}": said for name, said in refused.fields.items()}
        if wrong:
            raise Invalid(wrong)
    return created


def _create(actor: Person, draft: RequestDraft, filed_with: str) -> DeploymentRequest:
    policy.require(actor, "request.create", request_rights.scope_at(draft.application, draft.environment))
    request = DeploymentRequest(
        application=draft.application, environment=draft.environment, release=draft.release, title=draft.title,
        note=draft.note, wish_from=draft.wish_from, wish_until=draft.wish_until, requester=actor,
        filed_with=filed_with,
    )  # fmt: skip
    if draft.on_behalf_of is not None and draft.on_behalf_of != actor:
        _check_may_be_filed_for(draft.on_behalf_of, draft)
        request.requester, request.filed_by = draft.on_behalf_of, actor
    check_request(request)
    content.check_items(draft.application, draft.items)
    features = draft.features
    if features is None:
        features = content.features_expected(draft.application, draft.release)
    with transaction.atomic():
        request.save()
        written = content.write_items(request, draft.items, [None] * len(draft.items))
        content.write_features(request, features)
        request.content_digest = content_digest(request, written)
        request_moves.settle(
            actor=actor,
            request=request,
            verb="request.created",
            after={
                "application": draft.application.name,
                "environment": draft.environment.name,
                "items": [str(item) for item in written],
                "digest": request.content_digest,
            },
        )
    return request


def _check_may_be_filed_for(person: Person, draft: RequestDraft) -> None:
    if person.is_robot:
        raise Invalid({"on_behalf_of": _("A request is filed on behalf of a person, not of a robot.")})
    scope = request_rights.scope_at(draft.application, draft.environment)
    if policy.why_not(person, "request.create", scope):
        raise NotAllowed(
            _("%(person)s may not file requests for %(application)s.")
            % {"person": person, "application": draft.application}
        )


def check_request(request: DeploymentRequest) -> None:
    """The request's own fields, its release and its wish; raises `Invalid`."""
    cleaned(request, "state")
    release = request.release
    if release is not None and release.application_id not in (None, request.application_id):
        raise Invalid(
            {"release": _("%(release)s is a release of another application.") % {"release": release}}
        )
    if release is not None and release.state in CLOSED_RELEASES and request._state.adding:
        raise Invalid({"release": _("%(release)s is closed.") % {"release": release}})
    if request.wish_from and request.wish_until and request.wish_until <= request.wish_from:
        raise Invalid({"wish_until": _("The wished time ends before it begins.")})
