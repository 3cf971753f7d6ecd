"""The doors of a request: what rules that policies demand refuse at one of them; asked by each verb that opens it."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from releaseorch.core.errors import NotAllowed
from releaseorch.delivery import checks, request_facts
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.policies import slots
from releaseorch.policies.models import Stage, Subject
from releaseorch.policies.rules import demanded


def refuse(request: DeploymentRequest, stage: Stage) -> None:
    """Raise `NotAllowed` with each rule that isn't kept and blocks at this door."""
    found = refusals([request], stage)
    if found:
        raise NotAllowed(*found[request.pk])


def refusals(requests: Sequence[DeploymentRequest], stage: Stage) -> dict[int, list[str]]:
    """By request, why it doesn't come through this door; those that do are left out.

    One query where no policy counts, three where none of them blocks at this door; their facts are read together.
    """
    if not requests:
        return {}
    known = slots.policies_for(Subject.REQUEST)
    asked = {
        request.pk: request
        for request in requests
        if any(
            demand.blocks_at(stage)
            for demand in demanded(known, request.environment_id, [request.application_id]).values()
        )
    }
    if not asked:
        return {}
    rows = request_facts.with_subjects(DeploymentRequest.objects.filter(pk__in=asked))
    subjects = [_at_door(request_facts.subject_of(row), asked[row.pk], stage) for row in rows]
    facts = request_facts.facts_of(subjects, known)
    found = {subject.request_id: checks.refusals(checks.checks_of(subject, facts)) for subject in subjects}
    return {pk: sentences for pk, sentences in found.items() if sentences}


def _at_door(
    subject: request_facts.Subject, request: DeploymentRequest, stage: Stage
) -> request_facts.Subject:
    """As the verb would leave it: what it has changed of the request isn't saved yet, its lines and features are."""
    return replace(subject, stage=stage, release=request.release, run_id=request.run_id)


def rules_unkept(requests: Sequence[DeploymentRequest], stage: Stage) -> list[str]:
    """The same of the requests (read with their applications) of a run: a sentence for each that isn't through."""
    found = refusals(requests, stage)
    return [
        _("%(request)s: %(why)s") % {"request": request, "why": " ".join(found[request.pk])}
        for request in requests
        if request.pk in found
    ]
