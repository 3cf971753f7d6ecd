"""What stands on the request form around what was typed: choices, checks, its own plan, who will be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.catalog.models import Application, ComponentVersion
from releaseorch.core import clock
from releaseorch.delivery import checks, draft_preview, request_form, request_rights
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.request_facts import Subject
from releaseorch.delivery.request_form import ComponentChoice, FeatureChoice, VersionChoice
from releaseorch.delivery.states import ItemKind, ItemPlacement, RequestState
from releaseorch.delivery.verdicts import Check, Readiness, verdict_sentence
from releaseorch.environments.models import Environment
from releaseorch.environments.queries import in_use
from releaseorch.features.models import Feature, FeatureScope
from releaseorch.policies import slots as policies
from releaseorch.policies.models import Subject as Approved
from releaseorch.web import filing, filing_choices, times
from releaseorch.web.filing import Filing, Line


@dataclass(frozen=True)
class Option:
    """A version in a list: what it says in one line, whether it may be taken."""

    version: ComponentVersion
    label: str
    chosen: bool
    blocked: bool


@dataclass(frozen=True)
class LineView:
    """A line with what can be chosen in it; `place` counts from 0."""

    place: int
    line: Line
    there: str
    options: tuple[Option, ...] = ()
    chosen: VersionChoice | None = None
    installed: Any = None


@dataclass(frozen=True)
class FeatureView:
    feature: Feature
    scope: FeatureScope | None
    held_by: tuple[ComponentVersion, ...]
    ticked: bool


def context(person: Person, typed: Filing, edited: DeploymentRequest | None) -> dict[str, Any]:
    """About sixty queries, whatever the number of lines, versions and features."""
    applications = filing_choices.applications(person) if edited is None else None
    choices = _choices(typed)
    environments = list(in_use())
    before = filing.environment_before(typed.environment) if typed.environment else None
    features = _features(typed)
    return {
        "typed": typed,
        "edited": edited,
        "applications": applications,
        "house_is_empty": edited is None and not applications and not Application.objects.exists(),
        "environments": environments,
        "before": before,
        "releases": filing_choices.releases(typed.application),
        "filing_closes": _filing_closes(typed),
        "teams": filing_choices.teams(),
        "lines": [_line(place, line, choices) for place, line in enumerate(typed.lines)],
        "anchors": [(place, line.component) for place, line in enumerate(typed.lines) if line.component],
        "addable": [one.component for one in choices.values() if not _used(one, typed)],
        "features": features,
        "kinds": [kind for kind in ItemKind if kind != ItemKind.MANUAL],
        "placements": list(ItemPlacement),
        "teammates": filing_choices.teammates(person, typed.application) if edited is None else [],
        "also": _also(person, typed, features) if edited is None else [],
        "why_not": ""
        if edited is None
        else request_rights.why_not_theirs(person, "edit", edited)
        or request_rights.why_not_now("edit", edited),
        "approvals_fall": edited is not None
        and edited.state in {RequestState.APPROVED, RequestState.PLANNED},
        "can_submit": edited is None or edited.state in {RequestState.DRAFT, RequestState.SENT_BACK},
        "now": clock.now(),
        **_verdict(typed, edited.pk if edited is not None else 0),
    }


def _choices(typed: Filing) -> dict[int, ComponentChoice]:
    if typed.application is None or typed.environment is None:
        return {}
    wanted = [line.component.pk for line in typed.lines if line.component is not None]
    found = request_form.component_choices(typed.application, typed.environment, wanted)
    return {choice.component.pk: choice for choice in found}


def _used(choice: ComponentChoice, typed: Filing) -> bool:
    return any(line.component == choice.component for line in typed.lines)


def _line(place: int, line: Line, choices: dict[int, ComponentChoice]) -> LineView:
    choice = choices.get(line.component.pk) if line.component else None
    if choice is None:
        return LineView(place, line, "")
    versions = list(choice.versions)
    if line.version is not None and all(one.version != line.version for one in versions):
        versions.append(VersionChoice(line.version, (), (), False))  # an older one that was chosen long ago
    options = tuple(_option(one, line.version) for one in versions)
    chosen = next((one for one in versions if one.version == line.version), None)
    return LineView(
        place, line, choice.there_text, options, chosen, choice.there[0] if choice.there else None
    )


def _option(choice: VersionChoice, chosen: ComponentVersion | None) -> Option:
    blocked = choice.version.is_blocked
    return Option(choice.version, _label(choice), choice.version == chosen, blocked)


def _label(choice: VersionChoice) -> str:
    """Such as "5.8.0, Acceptance 6 d" or "7.2.0, blocked"."""
    if choice.version.is_blocked:
        return f"{choice.version.text}, {_('blocked')}"
    if choice.is_there:
        return f"{choice.version.text}, {_('there now')}"
    if not choice.ran:
        return f"{choice.version.text}, {_('ran nowhere yet')}"
    last = choice.ran[-1]
    return f"{choice.version.text}, {last.environment} {times.age(last.since)}"


def _features(typed: Filing) -> list[FeatureView]:
    """Those of the application in the release, and those that the request names besides."""
    found: Sequence[FeatureChoice] = ()
    if typed.application is not None and typed.release is not None:
        found = request_form.features_of(typed.application, typed.release)
    ticked = typed.features
    shown = [
        FeatureView(one.feature, one.scope, one.held_by, ticked is None or one.feature.pk in ticked)
        for one in found
    ]
    more = set(ticked or ()) - {one.feature.pk for one in found}
    shown += [FeatureView(feature, None, (), True) for feature in Feature.objects.filter(pk__in=more)]
    return shown


def _filing_closes(typed: Filing) -> Any:
    if typed.release is None:
        return None
    return typed.release.milestones.filter(kind="filing").first()


def _also(
    person: Person, typed: Filing, features: Sequence[FeatureView]
) -> list[tuple[Application, bool, list[str]]]:
    """Other applications of the same features that the person may file for: ticked?, what would be filed."""
    if typed.application is None or typed.environment is None:
        return []
    keys = [one.feature.pk for one in features]
    touched = FeatureScope.objects.filter(feature__in=keys).exclude(application=typed.application)
    ids = set(touched.values_list("application_id", flat=True))
    return [
        (one, one.pk in typed.also, _suggested(one, typed.environment) if one.pk in typed.also else [])
        for one in request_form.applications_of(person).filter(pk__in=ids).select_related("team")
    ]


def _suggested(application: Application, environment: Environment) -> list[str]:
    drafts = filing.suggested_lines(application, environment)
    return [f"{draft.component} {draft.version.text}" for draft in drafts if draft.version]


def _verdict(typed: Filing, request_id: int) -> dict[str, Any]:
    """Checks, the plan of this request alone, the slots that will be asked, requests open already."""
    if typed.application is None or typed.environment is None:
        return {"checks": [], "plan": None, "slots": [], "open": []}
    items = typed.complete_drafts()
    subject = Subject(
        request_id=request_id, application=typed.application, environment=typed.environment, release=typed.release,
        items=items, features=typed.chosen_features() or (),
    )  # fmt: skip
    found: list[Check] = checks.checks_of(subject)
    readiness = Readiness.of(found)
    return {
        "checks": found,
        "readiness": readiness,
        "verdict": verdict_sentence(readiness),
        "plan": draft_preview.preview_of(typed.environment, items) if items else None,
        "slots": policies.slots_for(Approved.REQUEST, typed.environment.pk, [typed.application.pk]),
        "open": list(request_form.open_for(typed.application, typed.environment)[:10]),  # type: ignore[index]
    }
