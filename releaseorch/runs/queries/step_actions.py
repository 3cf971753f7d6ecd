"""What a person may do with a step, or why not."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core.actions import Action, Field
from releaseorch.runs import backoff, bounds, confirmations, rights
from releaseorch.runs.models import Step
from releaseorch.runs.queries.second_person import VERBS as SECOND
from releaseorch.runs.queries.second_person import second_person_actions
from releaseorch.runs.repeats import Again
from releaseorch.runs.states import STEP_FINAL, STEP_MOVES, DecisionKind, RunState, StepState

Maker = Callable[[Step, Person], Action]
VERSIONS_SHOWN = 30
DECISIONS = frozenset(DecisionKind.values)


def step_actions(step: Step, person: Person, verbs: Collection[str] | None = None) -> list[Action]:
    """The verbs that the step's state allows (of `verbs`, if given), each with the sentence why this person can't.

    `take` and `failed` cost no query, the others one or two each.
    """
    second = second_person_actions(step, person) if verbs is None or SECOND.intersection(verbs) else []
    if not step.run.is_active:
        return second
    wanted = [(verb, maker) for verb, maker in _MAKERS if verbs is None or verb in verbs]
    return [*(maker(step, person) for verb, maker in wanted if _allows(step, verb)), *second]


def _allows(step: Step, verb: str) -> bool:
    if verb in {"take", "reassign"} and not step.is_manual:
        return False
    if verb == "retry_from":
        return step.state in STEP_FINAL & STEP_MOVES["repeat"].sources
    if verb == "reassign":
        return step.state in {StepState.READY, StepState.CLAIMED}
    if verb in {"done", "failed"}:
        return bool(step.state == StepState.CLAIMED)
    if verb in DECISIONS and backoff.is_waited_for(step):
        return True
    return step.state in STEP_MOVES[verb].sources


def _action(step: Step, verb: str, label: str, why_not: str, **more: object) -> Action:
    url = f"/steps/{step.pk}/{verb}"
    return Action(verb, label, url, not why_not, why_not, version=step.row_version, **more)  # type: ignore[arg-type]


def _take(step: Step, person: Person) -> Action:
    why_not = rights.why_not_take(person, step) or _why_not_begin(step)
    return _action(step, "take", _("Take this step"), why_not, primary=True)


def _done(step: Step, person: Person) -> Action:
    fields = [
        Field(
            "note", _("What did you do, and how do you know that it worked?"), kind="textarea", required=True
        ),
        *_version_field(step),
        Field("url", _("Link to a proof"), kind="text"),
        Field("file", _("File"), kind="file"),
    ]
    return _action(
        step, "done", _("Done"), rights.why_not_owner(person, step), primary=True, fields=tuple(fields),
        consequence=_("The steps that wait for this one begin."),
    )  # fmt: skip


def _failed(step: Step, person: Person) -> Action:
    fields = (
        Field("note", _("What happened?"), kind="textarea", required=True),
        Field("url", _("Link to a proof"), kind="text"),
        Field("file", _("File"), kind="file"),
    )
    return _action(
        step, "failed", _("Failed"), rights.why_not_owner(person, step), fields=fields,
        consequence=_("Somebody decides how it goes on."),
    )  # fmt: skip


def _hand_back(step: Step, person: Person) -> Action:
    why_not = rights.why_not_hand_back(person, step)
    return _action(step, "hand-back", _("Hand back"), why_not, needs_reason=True)


def _reassign(step: Step, person: Person) -> Action:
    why_not = rights.why_not_reassign(person, step)
    fields = () if why_not else _whom(person)
    return _action(step, "reassign", _("Give to"), why_not, needs_reason=True, fields=fields)


def _whom(person: Person) -> tuple[Field, ...]:
    """Everybody and every team to choose from; two queries, kept for the request, since a page shows many steps."""
    kept: tuple[Field, ...] | None = getattr(person, "_whom", None)
    if kept is None:
        people = Person.objects.filter(is_active=True).values_list("pk", "name")
        teams = Team.objects.filter(retired_at=None).values_list("pk", "name")
        kept = (_choice("to", _("Person"), people), _choice("team", _("Team"), teams))
        person._whom = kept  # type: ignore[attr-defined]
    return kept


def _choice(name: str, label: str, rows: Iterable[tuple[int, str]]) -> Field:
    return Field(name, label, kind="select", choices=(("", ""), *((str(pk), text) for pk, text in rows)))


def _retry(step: Step, person: Person) -> Action:
    """Three queries, where this person may decide."""
    made = _decision(step, person, "retry", _("Try again"), is_new=True, primary=True,
                     consequence=_("A new attempt begins; the ones before stay as they are."))  # fmt: skip
    return _with_second_person(made, step, [step]) if made.allowed else made


def _retry_from(step: Step, person: Person) -> Action:
    """Five queries, where this person may decide."""
    why_not, label = rights.why_not_decide(person, step, "retry_from"), _("Again from here")
    if why_not:
        return _action(step, "retry-from", label, why_not, needs_reason=True)
    again = Again.of(step)
    why_not = rights.why_not_try_again(person, again.begun) or " ".join(again.why_not())
    consequence = again.consequence()
    made = _action(step, "retry-from", label, why_not, needs_reason=True, consequence=consequence)
    return _with_second_person(made, step, again.begun) if made.allowed else made


def _with_second_person(made: Action, step: Step, begun: Iterable[Step]) -> Action:
    """Whether one is asked already, and that one will be."""
    if why_not := confirmations.why_not_ask(confirmations.asked([step.pk]).get(step.pk)):
        return replace(made, allowed=False, why_not=why_not)
    if confirmations.doubtful_attempt(step.run, begun) is None:
        return made
    said = _("Nobody knows what is at work there, so a second person confirms it first.")
    return replace(made, consequence=f"{made.consequence} {said}")


def _take_over(step: Step, person: Person) -> Action:
    return _decision(step, person, "take-over", _("Take over by hand"), is_new=True,
                     consequence=_("You do it by hand and say how it went; no tool touches it again."))  # fmt: skip


def _mark_done(step: Step, person: Person) -> Action:
    fields = (*_version_field(step), Field("note", _("How do you know that it is done?"), kind="textarea"))
    return _decision(step, person, "mark-done", _("It is done"), fields=fields,
                     consequence=_("The step counts as done by hand; the steps that wait for it begin."))  # fmt: skip


def _skip(step: Step, person: Person) -> Action:
    return _decision(step, person, "skip", _("Skip"),
                     consequence=_("Goes on without it; nothing changes in the inventory."))  # fmt: skip


def _mark_failed(step: Step, person: Person) -> Action:
    return _decision(step, person, "mark-failed", _("Failed for good"),
                     consequence=_("What waits for this step will not begin in this run."))  # fmt: skip


def _decision(
    step: Step, person: Person, verb: str, label: str, *, is_new: bool = False, **more: object
) -> Action:
    why_not = rights.why_not_decide(person, step, verb.replace("-", "_"))
    if is_new and not why_not and step.run.state == RunState.CANCELLING:
        why_not = _("The run is being cancelled; nothing new begins in it.")
    return _action(step, verb, label, why_not, needs_reason=True, **more)


def _why_not_begin(step: Step) -> str:
    if step.run.state == RunState.RUNNING:
        return bounds.why_nothing_begins(step.run)
    return _("The run is %(state)s; nothing is begun in it now.") % {"state": step.run.get_state_display()}


def _version_field(step: Step) -> list[Field]:
    """Asks which version is there now, the planned one chosen; only where the step installs something."""
    if not step.installs or step.component_id is None:
        return []
    versions = ComponentVersion.objects.filter(component_id=step.component_id)
    choices = list(versions.order_by("-registered_at", "-id").values_list("pk", "text")[:VERSIONS_SHOWN])
    if step.version is not None and step.version.pk not in dict(choices):
        choices.insert(0, (step.version.pk, step.version.text))
    listed = tuple((str(pk), text) for pk, text in choices)
    planned = str(step.version_id or "")
    return [
        Field("installed", _("Version that is there now"), planned, "select", required=True, choices=listed)
    ]


_MAKERS: tuple[tuple[str, Maker], ...] = (
    ("take", _take),
    ("done", _done),
    ("failed", _failed),
    ("hand_back", _hand_back),
    ("reassign", _reassign),
    ("retry", _retry),
    ("retry_from", _retry_from),
    ("take_over", _take_over),
    ("mark_done", _mark_done),
    ("skip", _skip),
    ("mark_failed", _mark_failed),
)
