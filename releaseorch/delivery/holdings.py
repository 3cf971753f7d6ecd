"""What delivery knows of people who leave: their open requests, and the runs that they put together."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from releaseorch.accounts import holdings, policy
from releaseorch.accounts.holdings import Holding
from releaseorch.accounts.models import Person, Team
from releaseorch.core.errors import NotAllowed
from releaseorch.delivery import composing, request_moves, request_rights, run_changes, run_waits
from releaseorch.delivery.models import Approval, DeploymentRequest
from releaseorch.delivery.states import REQUEST_OPEN, Verdict
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState


class Requests:
    """Drafts and everything that was filed and isn't over: whose request it is, acts on it."""

    to_teams = False

    def held_by(self, person: Person) -> Iterable[Holding]:
        found = DeploymentRequest.objects.filter(requester=person, state__in=sorted(REQUEST_OPEN))
        for request in found.select_related("application", "environment").order_by("pk"):
            said = {"request": request, "state": request.get_state_display()}
            what = _("Request “%(request)s”, %(state)s") % said
            yield Holding("request", "request", request.pk, what)

    def hand_over(
        self, *, actor: Person, holding: Holding, leaver: Person, to: Person | Team, reason: str
    ) -> None:
        request = DeploymentRequest.objects.select_related(
            "application__team", "environment", "release", "requester", "run__edited_by"
        ).get(pk=holding.id)
        assert isinstance(to, Person)
        if policy.why_not(to, "request.edit", request_rights.scope_of(request)):
            raise NotAllowed(_("%(person)s may not work on it.") % {"person": to})
        words = Approval.objects.filter(request=request, approver=to, verdict=Verdict.APPROVED)
        if words.filter(digest=request.content_digest).exists():
            raise NotAllowed(
                _("%(person)s has approved it, and nobody approves their own. Give it to somebody else.")
                % {"person": to}
            )
        request.requester = to
        request_moves.settle(
            actor=actor, request=request, verb="request.handed_over", reason=reason,
            before={"requester": leaver.name}, after={"requester": to.name},
        )  # fmt: skip


class Runs:
    """Runs that somebody is putting together; afterwards a role acts on them."""

    to_teams = False

    def held_by(self, person: Person) -> Iterable[Holding]:
        for run in DeploymentRun.objects.filter(edited_by=person, state=RunState.DRAFT).order_by("pk"):
            yield Holding("run", "run", run.pk, _("The plan of run “%(run)s”") % {"run": run})

    def hand_over(
        self, *, actor: Person, holding: Holding, leaver: Person, to: Person | Team, reason: str
    ) -> None:
        run = DeploymentRun.objects.select_related("environment").get(pk=holding.id)
        assert isinstance(to, Person)
        if run_changes.why_not(to, "run.edit", run):
            raise NotAllowed(_("%(person)s may not work on it.") % {"person": to})
        run.edited_by = to
        run.save(update_fields=["edited_by"])
        requests = composing.requests_of(run)
        run_waits.update(run, requests)
        run_changes.tell_run(
            actor=actor, verb="run.handed_over", run=run, requests=requests, reason=reason,
            before={"edited_by": leaver.name}, after={"edited_by": to.name},
        )  # fmt: skip


def register() -> None:
    holdings.register("run", Runs())
    holdings.register("request", Requests())
