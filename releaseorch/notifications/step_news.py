"""News of steps: one failed and somebody must decide, one is yours."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from releaseorch.audit.models import Event
from releaseorch.catalog import deciding
from releaseorch.notifications import audience, run_news
from releaseorch.notifications.inbox import News, cut
from releaseorch.notifications.kinds import Kind
from releaseorch.notifications.links import page_of
from releaseorch.runs import confirmations, rights
from releaseorch.runs.models import Step
from releaseorch.runs.rows import WITH_NAMES
from releaseorch.runs.states import ConfirmationState, StepState


def needs_decision(event: Event) -> Iterator[News]:
    """Who may decide is asked to; the others whom it concerns are told that it failed."""
    step = step_of(event.subject_id)
    said = {"step": step, "run": step.run, "why": _why(step, event.reason)}
    if step.state == StepState.NEEDS_DECISION:
        yield news(
            step,
            Kind.DECISION,
            deciders(step),
            _("%(run)s stands still at step %(step)s, until somebody decides. %(why)s") % said,
            _("You may decide here."),
        )
    yield from _failed(step, _("Step %(step)s of %(run)s failed; a decision is asked for. %(why)s") % said)


def failed_for_good(event: Event) -> Iterator[News]:
    step = step_of(event.subject_id)
    said = {"step": step, "run": step.run, "who": event.actor_name, "why": _why(step, event.reason)}
    yield from _failed(step, _("%(who)s gave up step %(step)s of %(run)s as failed. %(why)s") % said)


def reassigned(event: Event) -> Iterator[News]:
    step = step_of(event.subject_id)
    if step.owner_id is not None and not step.is_final:
        sentence = _("%(who)s gave you step %(step)s of %(run)s.")
        said = {"who": event.actor_name, "step": step, "run": step.run}
        yield news(step, Kind.STEP_YOURS, [step.owner_id], sentence % said, _("It is yours now."), once(step))


def second_person_asked(event: Event) -> Iterator[News]:
    """Everybody who may decide there can be the second one."""
    step = step_of(event.subject_id)
    for one in confirmations.asked([step.pk]).values():
        said = {"step": step, "run": step.run, "who": one.asked_by.name, "why": cut(one.reason, 300),
                "time": confirmations.clock_time(one)}  # fmt: skip
        sentence = _(
            "%(who)s wants to try step %(step)s of %(run)s again, though nobody knows how it ended: “%(why)s” "
            "A second person confirms by %(time)s."
        )
        yield news(step, Kind.DECISION, deciders(step), sentence % said, _("You may be the second person."))


def confirmed(event: Event) -> Iterator[News]:
    """Decided alone: everybody of the run is told."""
    if not event.after.get("alone"):
        return
    step = step_of(event.subject_id)
    sentence = _(
        "%(who)s decided alone to try step %(step)s of %(run)s again, though nobody knows how it ended, since nobody "
        "confirmed in time: “%(why)s”"
    ) % {"step": step, "run": step.run, "who": event.actor_name, "why": cut(event.reason, 300)}
    yield news(step, Kind.ESCALATED, deciders(step), sentence, _("You may review it."))
    yield from run_news.for_its_people(step.run, Kind.ESCALATED, sentence, audience.at_hand(step.run))


def declined(event: Event) -> Iterator[News]:
    step = step_of(event.subject_id)
    declined = step.confirmations.filter(state=ConfirmationState.DECLINED).order_by("-id").first()
    if declined is not None:
        said = {"step": step, "run": step.run, "who": event.actor_name, "why": cut(event.reason, 300)}
        sentence = _("%(who)s declined that step %(step)s of %(run)s is tried again: “%(why)s”") % said
        yield news(step, Kind.DECISION, [declined.asked_by_id], sentence, _("You asked for it."))


def once(step: Step) -> str:
    """The same while nobody else has had it in between."""
    return f"step:{step.pk}:{step.token}:{step.owner_id or 0}"


def step_of(pk: int) -> Step:
    return Step.objects.select_related(*WITH_NAMES, "run__environment").get(pk=pk)


def deciders(step: Step) -> set[int]:
    return audience.with_role(
        deciding.deciding_roles(step.decision_rules), rights.scope_of_step(step, step.run)
    )


def news(step: Step, kind: Kind, people: Iterable[int], sentence: str, why: str, same: str = "") -> News:
    return News(
        kind,
        people,
        sentence,
        why,
        page_of("step", step.pk),
        ("step", step.pk),
        run_news.bundle(step.run),
        same,
    )


def _failed(step: Step, sentence: str) -> Iterator[News]:
    yield news(step, Kind.STEP_FAILED, audience.team_of(step), sentence, _("Your team does this step."))
    asked = audience.requesters(step.run, [step.pk])
    yield news(step, Kind.STEP_FAILED, asked, sentence, _("It is a step of your request."))
    yield news(step, Kind.STEP_FAILED, audience.who_composed(step.run), sentence, _("You composed this run."))


def _why(step: Step, reason: str) -> str:
    return cut(rights.open_text(step, reason), 200)
