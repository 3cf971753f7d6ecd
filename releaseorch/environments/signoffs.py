"""Words on a feature as it is installed in an environment: given, and whether they still count."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.audit import events
from releaseorch.core.actions import Action, Field
from releaseorch.core.checked import reason_text, text_of
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.environments import arrivals
from releaseorch.environments.arrivals import Arrival
from releaseorch.environments.models import Environment, FeatureSignoff
from releaseorch.environments.states import SignoffVerdict
from releaseorch.features.models import Feature, FeatureScope
from releaseorch.features.services.editing import releases_of
from releaseorch.features.states import FeatureStatus


@dataclass(frozen=True)
class Standing:
    """A feature in an environment: the versions that hold it there, and the newest word on it."""

    environment: Environment
    versions: Mapping[str, str]  # component → version
    digest: str
    is_whole: bool  # every part that isn't dropped has arrived
    word: FeatureSignoff | None

    @property
    def is_outdated(self) -> bool:
        """Another version was installed since the word was given."""
        return self.word is not None and self.word.digest != self.digest

    @property
    def sentence(self) -> str:
        """Which versions undid the word; empty while it counts."""
        if self.word is None or not self.is_outdated:
            return ""
        then = self.word.versions
        changed = [
            _("%(component)s %(version)s") % {"component": name, "version": version}
            for name, version in self.versions.items()
            if then.get(name) != version
        ]
        gone = [
            _("%(component)s is gone") % {"component": name} for name in then if name not in self.versions
        ]
        return _("Undone by what was installed since: %(what)s.") % {"what": ", ".join([*changed, *gone])}


def standings(feature: Feature, scopes: Sequence[FeatureScope]) -> list[Standing]:
    """Every environment that the feature has reached or that has a word on it, in promotion order; three queries."""
    words: dict[int, FeatureSignoff] = {}
    for word in FeatureSignoff.objects.filter(feature=feature).select_related("person", "environment"):
        words.setdefault(word.environment_id, word)
    there: dict[int, list[Arrival]] = {}
    places = {word.environment_id: word.environment for word in words.values()}
    for arrival in arrivals.of_features([feature.pk])[feature.pk]:
        there.setdefault(arrival.environment.pk, []).append(arrival)
        places[arrival.environment.pk] = arrival.environment
    ordered = sorted(places.values(), key=lambda place: (place.rank, place.name))
    return [_standing(place, there.get(place.pk, []), scopes, words.get(place.pk)) for place in ordered]


def standing_in(feature: Feature, environment: Environment) -> Standing:
    """The same for one environment."""
    there = arrivals.of_features([feature.pk], [environment.pk])[feature.pk]
    word = FeatureSignoff.objects.filter(feature=feature, environment=environment).first()
    return _standing(environment, there, list(feature.scopes.all()), word)


def sign_off_feature(
    *,
    actor: Person,
    feature: Feature,
    environment: Environment,
    verdict: SignoffVerdict,
    reason: str = "",
    digest: str = "",
) -> FeatureSignoff:
    """Say whether the feature is good as it is installed there. `digest` is that of the versions that were looked at.

    It is accepted as a whole only; a part is enough to refuse it, which needs a reason.
    Raises `NotAllowed`, `Conflict` when other versions are there by now, `Invalid`.
    """
    refused = why_not_sign_off(actor, feature, environment)
    if refused:
        raise NotAllowed(refused)
    why = reason_text(reason) if verdict == SignoffVerdict.REFUSED else text_of(reason, "reason")
    said = {"feature": feature.key, "environment": environment}
    with transaction.atomic():
        standing = standing_in(feature, environment)
        if digest and digest != standing.digest:
            raise Conflict(_("Other versions are in %(environment)s by now. Try them first.") % said)
        _refuse_unfit(standing, verdict, feature)
        if _is_same_again(standing, actor, verdict):
            raise Conflict(_("You said so already, of the same versions."))
        made = FeatureSignoff.objects.create(
            feature=feature, environment=environment, person=actor, verdict=verdict, reason=why,
            versions=dict(standing.versions), digest=standing.digest,
        )  # fmt: skip
        events.record(
            actor=actor, verb="feature.signed_off", subject=feature, reason=why,
            after={"environment": environment.name, "verdict": str(verdict), "versions": dict(standing.versions)},
            topics=["requests", "work", *releases_of(feature)],
        )  # fmt: skip
    return made


def why_not_sign_off(person: Person, feature: Feature, environment: Environment) -> str:
    """Its owner, its tester, and who has the role for each application that it touches; never a robot."""
    if person.is_robot:
        return _("A robot never signs off a feature.")
    if person.is_active and person.pk in (feature.owner_id, feature.tester_id):
        return ""
    for scope in feature.scopes.select_related("application"):
        application = scope.application
        where = Scope.of(teams=[application.team_id], application=application.pk, environment=environment.pk)
        reason = policy.why_not(person, "feature.sign_off", where)
        if reason:
            return reason
    return ""


def sign_off_action(standing: Standing, feature: Feature, person: Person) -> Action | None:
    """None where nothing of the feature is there."""
    if not standing.versions:
        return None
    why_not = why_not_sign_off(person, feature, standing.environment)
    verdicts = (
        [SignoffVerdict.ACCEPTED, SignoffVerdict.REFUSED] if standing.is_whole else [SignoffVerdict.REFUSED]
    )
    return Action(
        "sign_off", _("Sign off") if standing.is_whole else _("Refuse"), f"/features/{feature.pk}/sign-off",
        allowed=not why_not, why_not=why_not,
        fields=(
            Field("environment", value=str(standing.environment.pk)),
            Field("digest", value=standing.digest),
            Field("verdict", _("What you found"), kind="select", required=True,
                  choices=tuple((one.value, str(one.label).capitalize()) for one in verdicts)),
            Field("reason", _("What you saw"), kind="textarea", help=_("Needed when it isn't good")),
        ),
        consequence=_("Your word counts for %(versions)s in %(environment)s, until another version is installed.")
        % {"versions": ", ".join(f"{name} {text}" for name, text in standing.versions.items()),
           "environment": standing.environment},
    )  # fmt: skip


def _standing(
    environment: Environment,
    there: Sequence[Arrival],
    scopes: Sequence[FeatureScope],
    word: FeatureSignoff | None,
) -> Standing:
    reached = {arrival.component.application_id for arrival in there}
    wanted = {scope.application_id for scope in scopes if scope.status != FeatureStatus.DROPPED}
    versions = {
        str(one.component): one.version.text for one in sorted(there, key=lambda one: one.component.pk)
    }
    is_whole = bool(there) and wanted <= reached
    return Standing(environment, versions, _digest(there), is_whole, word)


def _digest(there: Iterable[Arrival]) -> str:
    pairs = sorted({f"{one.component.pk}={one.version.pk}" for one in there})
    return hashlib.sha256("\n".join(pairs).encode()).hexdigest()


def _refuse_unfit(standing: Standing, verdict: SignoffVerdict, feature: Feature) -> None:
    said = {"feature": feature.key, "environment": standing.environment}
    if not standing.versions:
        raise Conflict(_("Nothing of %(feature)s is installed in %(environment)s.") % said)
    if verdict == SignoffVerdict.ACCEPTED and not standing.is_whole:
        raise Conflict(
            _("%(feature)s isn't in %(environment)s as a whole yet; a part can only be refused.") % said
        )


def _is_same_again(standing: Standing, actor: Person, verdict: SignoffVerdict) -> bool:
    word = standing.word
    return (
        word is not None
        and not standing.is_outdated
        and word.person_id == actor.pk
        and word.verdict == verdict
    )
