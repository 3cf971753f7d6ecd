"""Approve several requests at once: all of them, or none."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from releaseorch.accounts.models import Person
from releaseorch.core.errors import Conflict, DomainError
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.services.approve_request import approve_request


class SomeRefused(Conflict):
    """At least one can't be approved, so none was; `refused` names the reasons by request id."""

    def __init__(self, refused: Mapping[int, list[str]]) -> None:
        self.refused = refused
        super().__init__(" ".join(reason for said in refused.values() for reason in said))


def approve_requests(
    *, actor: Person, requests: Sequence[DeploymentRequest], seen: Mapping[int, int], comment: str = ""
) -> list[DeploymentRequest]:
    """Fill in each the first slot that `actor` may fill; `seen` has the version of each that the page showed.

    Raises `SomeRefused` with the reasons of every one that can't be approved.
    """
    refused: dict[int, list[str]] = {}
    approved = []
    with transaction.atomic():
        for request in sorted(requests, key=lambda one: one.pk):
            try:
                with transaction.atomic():
                    done = approve_request(
                        actor=actor, request=request, seen=seen.get(request.pk), comment=comment
                    )
                    approved.append(done)
            except DomainError as error:
                refused[request.pk] = error.reasons
        if refused:
            raise SomeRefused(refused)
    return approved
