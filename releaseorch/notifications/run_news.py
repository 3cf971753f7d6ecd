"""News of runs: proposed, approved, back, started, ended with what is live now."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.accounts.policy import ROLES
from releaseorch.audit.models import Event
from releaseorch.delivery import approvals
from releaseorch.environments import inventory
from releaseorch.environments.models import Installation
from releaseorch.notifications import audience, request_news
from releaseorch.notifications.inbox import News, cut
from releaseorch.notifications.kinds import Kind
from releaseorch.notifications.links import page_of
from releaseorch.runs import rights
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState

MOST_NAMED = 6


def proposed(event: Event) -> Iterator[News]:
    run = _run(event)
    if run.state != RunState.PROPOSED:  # decided before this was told
        return
    sentence = _("%(who)s proposes %(run)s for %(environment)s.") % {
        "who": event.actor_name,
        "run": run,
        "environment": run.environment,
    }
    yield from request_news.wanted(
        approvals.slots_of_run(run),
        sentence=sentence,
        link=link(run),
        subject=("run", run.pk),
        bundle=bundle(run),
        once=f"run:{run.pk}:{run.round}",
    )


def approved(event: Event) -> Iterator[News]:
    yield for_composer(_run(event), Kind.APPROVED, _("%(run)s is approved and may be started or scheduled."))


def sent_back(event: Event) -> Iterator[News]:
    sentence = {
        "run.sent_back": _("%(who)s sent %(run)s back: “%(why)s”"),
        "run.rejected": _("%(who)s rejected %(run)s: “%(why)s”"),
    }[event.verb]
    yield for_composer(
        _run(event), Kind.SENT_BACK, sentence, who=event.actor_name, why=cut(event.reason, 300)
    )


def unlocked(event: Event) -> Iterator[News]:
    """Only what had its approvals can lose them."""
    if event.before.get("state") in {RunState.APPROVED, RunState.SCHEDULED}:
        sentence = _("%(run)s lost its approvals and is a draft again: “%(why)s”")
        yield for_composer(_run(event), Kind.APPROVAL_LOST, sentence, why=cut(event.reason, 300))


def started(event: Event) -> Iterator[News]:
    run = _run(event)
    sentence = _("%(run)s has started in %(environment)s.") % {"run": run, "environment": run.environment}
    yield from for_its_people(run, Kind.RUN_STARTED, sentence)


def held_up(event: Event) -> Iterator[News]:
    """Its window closed or a freeze began: who may let it finish is asked to say how it goes on."""
    run = _run(event)
    if not run.is_held_up:  # decided, or over, before this was told
        return
    sentence = _("%(run)s stands still until somebody lets it finish or pauses it. %(why)s")
    asked = audience.with_role(ROLES["run.finish"], rights.scope_of_run(run))
    said = sentence % {"run": run, "why": cut(event.reason, 300)}
    yield _news(run, Kind.DECISION, asked, said, _("You may decide here."))


def ended(event: Event) -> Iterator[News]:
    run = _run(event)
    yield from for_its_people(run, Kind.RUN_ENDED, _said_at_the_end(run, event))


def for_composer(run: DeploymentRun, kind: Kind, sentence: str, **said: str) -> News:
    return _news(
        run, kind, audience.who_composed(run), sentence % {"run": run, **said}, _("You composed this run.")
    )


def for_its_people(
    run: DeploymentRun, kind: Kind, sentence: str, also: Iterable[int] = (), once: str = ""
) -> Iterator[News]:
    """Who composed it, who asked for what is in it, who has a step of it; `also` are needed for steps by hand."""
    owners = run.steps.exclude(owner=None).values_list("owner_id", flat=True)
    yield _news(run, kind, audience.who_composed(run), sentence, _("You composed this run."), once)
    yield _news(run, kind, audience.requesters(run), sentence, _("Your request is in it."), once)
    yield _news(run, kind, set(owners), sentence, _("You have a step in it."), once)
    yield _news(run, kind, also, sentence, _("Your team has a step in it."), once)


def _said_at_the_end(run: DeploymentRun, event: Event) -> str:
    said = {"run": run, "how": run.get_state_display(), "environment": run.environment}
    if run.started_at is None:
        return _("%(run)s will not take place: it was cancelled before its start. “%(why)s”") % {
            **said,
            "why": cut(event.reason, 200),
        }
    live = live_now(run)
    if not live:
        return _("%(run)s: %(how)s. Nothing of it is in %(environment)s.") % said
    return _("%(run)s: %(how)s. In %(environment)s now: %(live)s.") % {**said, "live": live}


def live_now(run: DeploymentRun) -> str:
    """What is installed of the components that the run touched: “Claims web 5.8.0, …”."""
    components = set(run.targets.values_list("component_id", flat=True))
    rows = inventory.current([run.environment_id], components)
    names = sorted({_installed(row) for row in rows if row.version is not None})
    if len(names) <= MOST_NAMED:
        return ", ".join(names)
    more = len(names) - MOST_NAMED
    said = ngettext("%(names)s and %(n)d more", "%(names)s and %(n)d more", more)
    return said % {"names": ", ".join(names[:MOST_NAMED]), "n": more}


def _installed(row: Installation) -> str:
    said = {"component": row.component, "version": row.version.text if row.version else ""}
    if row.uncertain_with_id is not None:
        return _("%(component)s %(version)s (uncertain)") % said
    return f"{row.component} {said['version']}"


def _run(event: Event) -> DeploymentRun:
    return DeploymentRun.objects.select_related("environment").get(pk=event.subject_id)


def link(run: DeploymentRun) -> str:
    return page_of("run", run.pk)


def bundle(run: DeploymentRun) -> str:
    return f"run:{run.pk}"


def _news(
    run: DeploymentRun, kind: Kind, people: Iterable[int], sentence: str, why: str, once: str = ""
) -> News:
    return News(kind, people, sentence, why, link(run), ("run", run.pk), bundle(run), once)
