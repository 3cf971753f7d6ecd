"""What a person may say to a retry of unknown outcome as the second one, and what waits for that."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.actions import Action
from releaseorch.runs import confirmations, rights
from releaseorch.runs.models import Confirmation, DeploymentRun, Step
from releaseorch.runs.repeats import Again
from releaseorch.runs.rows import WITH_NAMES
from releaseorch.runs.states import RUN_ACTIVE, ConfirmationState

VERBS = frozenset({"confirm", "decline", "review"})
OPEN = (ConfirmationState.ASKED, ConfirmationState.ALONE)


@dataclass(frozen=True)
class SecondPerson:
    """What is asked, or was decided alone, with what this person may do about it."""

    confirmation: Confirmation
    actions: list[Action]

    @property
    def step(self) -> Step:
        return self.confirmation.step

    @property
    def is_asked(self) -> bool:
        return self.confirmation.is_open


def second_person_actions(step: Step, person: Person) -> list[Action]:
    """Confirm, decline, review; one query where nobody is asked."""
    open_ones = [*step.confirmations.filter(state__in=OPEN).select_related("asked_by")]
    asked = next((one for one in open_ones if one.is_open), None)
    alone = [one for one in open_ones if not one.is_open]
    found = [] if asked is None else [_confirm(step, person, asked), _decline(step, person, asked)]
    return [*found, _review(step, person, alone)] if alone else found


def of_run(run: DeploymentRun, person: Person) -> list[SecondPerson]:
    """Of a run, oldest first; one query, one more and a few for each of the rows where there are any."""
    return _with_actions(_open().filter(step__run=run), person)


def of_step(step: Step, person: Person) -> list[SecondPerson]:
    return _with_actions(_open().filter(step=step), person)


def wanted_of(person: Person) -> list[Confirmation]:
    """What waits for this person as the second one, and what others decided alone; two queries at most."""
    others = _open().exclude(asked_by=person)
    goes_on = Q(state=ConfirmationState.ALONE) | Q(step__run__state__in=sorted(RUN_ACTIVE))
    return [one for one in others.filter(goes_on) if not rights.why_not_decide(person, one.step, one.verb)]


def _open() -> QuerySet[Confirmation]:
    """With step and names, which are asked for when there is any: mostly there is none, and planning took long."""
    steps = Step.objects.select_related(*WITH_NAMES, "run__environment")
    found = Confirmation.objects.filter(state__in=OPEN)
    return found.prefetch_related("asked_by", "attempt", Prefetch("step", steps))


def _with_actions(rows: Iterable[Confirmation], person: Person) -> list[SecondPerson]:
    found: dict[int, list[Action]] = {}
    made = []
    for one in rows:
        if one.step_id not in found:
            found[one.step_id] = second_person_actions(one.step, person)
        mine = {"confirm", "decline"} if one.is_open else {"review"}
        made.append(SecondPerson(one, [action for action in found[one.step_id] if action.verb in mine]))
    return made


def _confirm(step: Step, person: Person, asked: Confirmation) -> Action:
    why_not = rights.why_not_decide(person, step, asked.verb)
    why_not = why_not or confirmations.why_not_confirm(person, asked)
    alone = asked.asked_by_id == person.pk
    consequence = Again.of(step).consequence() if asked.from_here else _("A new attempt begins.")
    if alone:
        consequence += " " + _("Everybody of the run is told, and another person reviews it.")
    return Action(
        "confirm", _("Decide alone") if alone and not why_not else _("Confirm"), f"/steps/{step.pk}/confirm",
        not why_not, why_not, primary=True, needs_reason=True, consequence=consequence, version=step.row_version,
        reason_label=_("What did you look at? Kept in the audit"),
    )  # fmt: skip


def _decline(step: Step, person: Person, asked: Confirmation) -> Action:
    why_not = rights.why_not_decide(person, step)
    label = _("Take it back") if asked.asked_by_id == person.pk else _("Decline")
    return Action(
        "decline", label, f"/steps/{step.pk}/decline", not why_not, why_not, needs_reason=True,
        consequence=_("It is not tried again; the step stays as it is."), version=step.row_version,
    )  # fmt: skip


def _review(step: Step, person: Person, alone: Iterable[Confirmation]) -> Action:
    why_not = rights.why_not_decide(person, step) or confirmations.why_not_review(person, alone)
    return Action(
        "review", _("I have reviewed it"), f"/steps/{step.pk}/review", not why_not, why_not, needs_reason=True,
        version=step.row_version, reason_label=_("What did you look at? Kept in the audit"),
    )  # fmt: skip
