"""Policies in words: whose consent is needed and which rules are kept in an environment, and by which policy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from releaseorch.environments.models import Environment
from releaseorch.policies import slots
from releaseorch.policies.models import ApprovalPolicy, PolicyRule, Subject


@dataclass(frozen=True)
class Said:
    """One thing that a policy asks for; `policy` is None for what counts where no policy says anything."""

    sentence: str
    policy: ApprovalPolicy | None = None


def asked_in(environment: Environment) -> list[Said]:
    """What is asked for there now, of requests and then of runs; four queries at most."""
    matching = slots.in_force().filter(Q(environment=None) | Q(environment=environment))
    policies = list(
        matching.select_related("application").prefetch_related("slots__team", "rules").order_by("name", "id")
    )
    return [
        said
        for subject in Subject
        for said in _said(Subject(subject), [one for one in policies if one.subject == subject])
    ]


def sentences_of(policy: ApprovalPolicy) -> list[str]:
    """What it asks for and demands; read with its application, slots and their teams, and rules."""
    return [*([consent_of(policy)] if policy.slots.all() else []), *demands_of(policy)]


def consent_of(policy: ApprovalPolicy) -> str:
    """Whose consent it asks for; read with its application, slots and their teams."""
    if not policy.slots.all():
        usual = _times(1, slots.default_slot().who)
        return _("It asks for nobody. Where no other policy does, %(who)s approves.") % {"who": usual}
    every, of, _other = _WORDS[Subject(policy.subject)]()
    words = of if policy.application is not None else every
    return words % {"who": _approvers(policy), "application": policy.application}


def demands_of(policy: ApprovalPolicy) -> list[str]:
    """A sentence for each rule that it demands; read with its application and its rules."""
    return [_demand(row, policy) for row in policy.rules.all()]


def _demand(row: PolicyRule, policy: ApprovalPolicy) -> str:
    said = {
        "rule": rule_text(row),
        "when": row.get_blocks_from_display(),
        "application": policy.application,
    }
    if policy.application is not None:
        return _("For %(application)s: %(rule)s; it blocks %(when)s.") % said
    return _("%(rule)s; it blocks %(when)s.") % said


def rule_text(row: PolicyRule) -> str:
    """The rule with its hours, if it has any."""
    if row.hours is None:
        return str(row.get_rule_display())
    return _("Each version has been in the environment before for %(hours)d hours") % {"hours": row.hours}


def otherwise() -> list[Said]:
    """What counts where no policy says anything."""
    who = {"who": _times(1, slots.default_slot().who)}
    return [Said(_WORDS[subject]()[0] % who) for subject in Subject]


def _said(subject: Subject, policies: Sequence[ApprovalPolicy]) -> Iterable[Said]:
    every, _of, other = _WORDS[subject]()
    for entry in policies:
        yield from (Said(sentence, entry) for sentence in sentences_of(entry))
    asking = [entry for entry in policies if entry.slots.all()]
    if all(entry.application_id is not None for entry in asking):
        words = other if asking else every
        yield Said(words % {"who": _times(1, slots.default_slot().who)})


_WORDS = {
    Subject.REQUEST: lambda: (
        _("A request is approved by %(who)s."),
        _("A request of %(application)s is approved by %(who)s."),
        _("Any other request is approved by %(who)s."),
    ),
    Subject.RUN: lambda: (
        _("A run is approved by %(who)s."),
        _("A run with %(application)s is approved by %(who)s."),
        _("Any other run is approved by %(who)s."),
    ),
}


def _approvers(entry: ApprovalPolicy) -> str:
    slots = entry.slots.all()
    return _(" and ").join(
        _times(slot.quorum, slot.team.name if slot.team else str(slot.get_role_display())) for slot in slots
    )


def _times(quorum: int, who: str) -> str:
    return _("%(n)d × %(who)s") % {"n": quorum, "who": who}
