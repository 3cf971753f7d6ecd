"""Requests that aren't over hold application, components and environment: not retired under them, nor the reverse."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from releaseorch.catalog import holders
from releaseorch.catalog.models import Application, Component, Retirable
from releaseorch.core.database import hold_references
from releaseorch.core.errors import Invalid
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import REQUEST_OPEN, RequestState
from releaseorch.environments.models import Environment
from releaseorch.environments.services.places import retired_sentence

NAMED = 5


def sentences(row: Retirable) -> list[str]:
    """The requests, and the runs that carry them out, which the row must outlive; one query."""
    found = list(_open_requests(row).order_by("pk").values_list("pk", "state", "run_id"))
    if not found:
        return []
    named = [_named(*one) for one in found[:NAMED]]
    if len(found) > NAMED:
        named.append(_("%(count)d more") % {"count": len(found) - NAMED})
    said = {"what": row, "requests": ", ".join(named)}
    return [_("%(what)s is held by %(requests)s. Finish or withdraw them first.") % said]


def _open_requests(row: Retirable) -> "QuerySet[DeploymentRequest]":
    requests = DeploymentRequest.objects.filter(state__in=sorted(REQUEST_OPEN))
    if isinstance(row, Component):
        return requests.filter(items__component=row).distinct()
    if isinstance(row, Environment):
        return requests.filter(environment_id=row.pk)
    return requests.filter(application_id=row.pk)


def _named(pk: int, state: str, run_id: int | None) -> str:
    said = {"id": pk, "state": RequestState(state).label, "run": run_id}
    if run_id is None:
        return _("request #%(id)s (%(state)s)") % said
    return _("request #%(id)s (%(state)s, run #%(run)s)") % said


def refuse_retired(request: DeploymentRequest) -> None:
    """Raise `Invalid` when the request holds something that was retired; called after its rows were written.

    Their foreign keys wait for a retirement that is under way, so whoever comes second sees the first. Three queries.
    """
    hold_references()
    if Application.objects.filter(pk=request.application_id, retired_at__isnull=False).exists():
        said = {"application": request.application}
        raise Invalid(
            {"application": _("%(application)s is retired; nothing is filed for it any more.") % said}
        )
    if Environment.objects.filter(pk=request.environment_id, retired_at__isnull=False).exists():
        raise Invalid({"environment": retired_sentence(request.environment)})
    retired = Component.objects.filter(
        pk__in=request.items.values("component_id"), retired_at__isnull=False
    ).order_by("name")
    names = ", ".join(retired.values_list("name", flat=True))
    if names:
        raise Invalid({"items": _("%(components)s is retired; take its line out.") % {"components": names}})


def register() -> None:
    holders.register("requests", sentences)
