"""What speaks for and against a request right now: drawn while it is typed, on its page, and as counts on the board."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from releaseorch.catalog.models import Application
from releaseorch.delivery import lateness
from releaseorch.delivery.content import blocked_sentence
from releaseorch.delivery.request_facts import Facts, Subject, facts_of
from releaseorch.environments import ahead
from releaseorch.features.models import Feature

PASSED, WARN, BLOCKED = "passed", "warn", "blocked"


@dataclass(frozen=True)
class Check:
    """One verdict; `blocked` means that a verb will be refused, `warn` that somebody should look."""

    tone: str
    sentence: str
    help: str = ""


@dataclass(frozen=True)
class Readiness:
    """Counts of checks, for a glance."""

    passed: int
    warn: int
    blocked: int

    @classmethod
    def of(cls, checks: Iterable[Check]) -> "Readiness":
        tones = [check.tone for check in checks]
        return cls(tones.count(PASSED), tones.count(WARN), tones.count(BLOCKED))


@dataclass(frozen=True)
class Alone:
    """Whether a subject could go alone, or which other applications each feature waits with."""

    waits_with: tuple[tuple[Feature, tuple[Application, ...]], ...] = ()

    @property
    def could(self) -> bool:
        return not self.waits_with

    @property
    def sentence(self) -> str:
        if self.could:
            return _("Could go alone: no other application's change is needed.")
        names = sorted({str(application) for _feature, others in self.waits_with for application in others})
        return _("Waits with %(applications)s, because they share a feature.") % {
            "applications": ", ".join(names)
        }


def checks_of(subject: Subject, facts: Facts | None = None) -> list[Check]:
    """All verdicts on the subject, the blocking ones first."""
    known = facts if facts is not None else facts_of([subject])
    found = [check for rule in RULES for check in rule(subject, known)]
    order = [BLOCKED, WARN, PASSED]
    return sorted(found, key=lambda check: order.index(check.tone))


def alone(subject: Subject, facts: Facts) -> Alone:
    """By the features that its versions hold, or by those it names while they hold none."""
    features = facts.delivered(subject) or facts.wanted(subject)
    shared = [(feature, tuple(facts.elsewhere(feature, subject))) for feature in features]
    return Alone(tuple((feature, others) for feature, others in shared if others))


def _has_lines(subject: Subject, facts: Facts) -> Iterable[Check]:
    if not subject.items:
        yield Check(
            BLOCKED,
            _("Nothing is to be deployed or done yet."),
            _("Add a component with a version, or a manual step."),
        )


def _was_filed_in_time(subject: Subject, facts: Facts) -> Iterable[Check]:
    if subject.late_since is None:
        return
    tone = WARN if subject.is_let_in else BLOCKED
    help_ = (
        _("A release manager let it in.") if subject.is_let_in else _("A release manager lets it in first.")
    )
    yield Check(tone, lateness.sentence(subject.late_since), help_)


def _versions_may_be_used(subject: Subject, facts: Facts) -> Iterable[Check]:
    blocked = [item for item in subject.items if item.version is not None and item.version.is_blocked]
    for item in blocked:
        if item.version is not None:
            yield Check(
                BLOCKED, blocked_sentence(str(item.component), item.version), _("Choose another version.")
            )
    if subject.versions and not blocked:
        yield Check(PASSED, _("No version is blocked."))


def _ran_one_rank_before(subject: Subject, facts: Facts) -> Iterable[Check]:
    before = facts.before(subject.environment)
    if not before or not subject.versions:
        return
    ranks = {one.rank for one in before}
    names = _(" or ").join(one.name for one in before)
    fresh = [
        item for item in subject.items
        if item.version is not None and not any(ran.environment.rank in ranks for ran in facts.ran[item.version.pk])
    ]  # fmt: skip
    for item in fresh:
        yield Check(
            WARN,
            _("%(component)s %(version)s never ran in %(environment)s.")
            % {
                "component": item.component,
                "version": item.version.text if item.version else "",
                "environment": names,
            },
            _("File it for %(environment)s first, or take a version that ran there.")
            % {"environment": names},
        )
    if not fresh:
        yield Check(PASSED, _("Each version ran in %(environment)s.") % {"environment": names})


def _expected_features_are_in(subject: Subject, facts: Facts) -> Iterable[Check]:
    wanted = facts.wanted(subject)
    held = {feature.pk for feature in facts.delivered(subject)}
    absent = [feature for feature in wanted if feature.pk not in held]
    for feature in absent:
        yield Check(
            WARN,
            _("%(feature)s is expected, and no version here holds it.") % {"feature": feature.key},
            _("It stays open until a version with it is filed, or somebody moves it."),
        )
    if wanted and not absent:
        yield Check(PASSED, _("All expected features are in these versions."))


def _shared_features_go_together(subject: Subject, facts: Facts) -> Iterable[Check]:
    is_filed = _("%(feature)s also needs %(application)s: it is in request #%(id)d.")
    is_not = _("%(feature)s also needs %(application)s, which has filed nothing for %(environment)s.")
    helps = _("Ask the people of %(application)s, or go without the feature.")
    for feature, others in alone(subject, facts).waits_with:
        for application in others:
            filed = facts.filed.get((subject.environment.pk, application.pk))
            said = {"feature": feature.key, "application": application, "environment": subject.environment}
            if filed:
                yield Check(PASSED, is_filed % {**said, "id": filed})
            else:
                yield Check(WARN, is_not % said, helps % said)


def _dependencies_are_there(subject: Subject, facts: Facts) -> Iterable[Check]:
    own = {component.pk for component in subject.components}
    absent = False
    for link in [link for pk in sorted(own) for link in facts.needs[pk]]:
        place = (subject.environment.pk, link.needs_id)
        if link.needs_id in own or facts.installed[place]:
            continue
        absent = True
        said = {"component": link.component, "needs": link.needs, "environment": subject.environment}
        coming = [item for item in facts.deploying[place] if item.request_id != subject.request_id]
        if coming:
            yield Check(
                WARN,
                _("%(component)s needs %(needs)s, which isn't in %(environment)s yet.") % said,
                _("Request #%(id)d brings it; put both in one run.") % {"id": coming[0].request_id},
            )
        else:
            yield Check(
                WARN,
                _("%(component)s needs %(needs)s, which isn't in %(environment)s and in no open request.")
                % said,
                _("File %(needs)s too.") % said,
            )
    if not absent and any(facts.needs[pk] for pk in own):
        yield Check(PASSED, _("All that these components need is there or comes along."))


def _nobody_else_deploys_them(subject: Subject, facts: Facts) -> Iterable[Check]:
    clash = False
    sentence = _("Request #%(id)d deploys %(component)s too, at %(version)s.")
    help_ = _("In one run only one version of a component can be.")
    for item in subject.items:
        if item.component is None:
            continue
        for other in facts.deploying[(subject.environment.pk, item.component.pk)]:
            if other.request_id == subject.request_id:
                continue
            clash = True
            version = _("nothing") if other.version is None else other.version
            said = {"id": other.request_id, "component": item.component, "version": version}
            yield Check(WARN, sentence % said, help_)
    if subject.components and not clash:
        yield Check(PASSED, _("Nobody else deploys these components."))


def _nothing_is_kept(subject: Subject, facts: Facts) -> Iterable[Check]:
    kept = [
        one for one in facts.reservations[subject.environment.pk]
        if one.application_id in (None, subject.application.pk)
    ]  # fmt: skip
    for reservation in kept:
        yield Check(WARN, ahead.kept_sentence(reservation), _("Ask them, or wait until then."))
    if not kept:
        yield Check(PASSED, _("%(environment)s is not reserved.") % {"environment": subject.environment})


def _nothing_is_frozen(subject: Subject, facts: Facts) -> Iterable[Check]:
    frozen = [
        one for one in facts.freezes if ahead.concerns(one, subject.environment.pk, {subject.application.pk})
    ]
    for freeze in frozen:
        yield Check(WARN, ahead.frozen_sentence(freeze), _("Plan it before or after the freeze."))
    if not frozen:
        yield Check(PASSED, _("No freeze of %(environment)s is near.") % {"environment": subject.environment})


RULES: Sequence[Callable[[Subject, Facts], Iterable[Check]]] = (
    _has_lines,
    _was_filed_in_time,
    _versions_may_be_used,
    _ran_one_rank_before,
    _expected_features_are_in,
    _shared_features_go_together,
    _dependencies_are_there,
    _nobody_else_deploys_them,
    _nothing_is_kept,
    _nothing_is_frozen,
)


def verdict_sentence(readiness: Readiness) -> str:
    """Such as: 12 passed, 2 to look at, 1 blocked."""
    parts = [_("%(n)d passed") % {"n": readiness.passed}]
    if readiness.warn:
        parts.append(_("%(n)d to look at") % {"n": readiness.warn})
    if readiness.blocked:
        parts.append(_("%(n)d blocked") % {"n": readiness.blocked})
    return ", ".join(parts)
