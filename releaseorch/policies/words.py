"""Policies in words: whose consent a request or a run needs in an environment, and by which policy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from releaseorch.environments.models import Environment
from releaseorch.policies import slots
from releaseorch.policies.models import ApprovalPolicy, Subject


@dataclass(frozen=True)
class Rule:
    """One policy as a sentence; `policy` is None for what counts where no policy says anything."""

    sentence: str
    policy: ApprovalPolicy | None = None


def rules_of(environment: Environment) -> list[Rule]:
    """What is asked for there now, of requests and then of runs; three queries."""
    matching = slots.in_force().filter(Q(environment=None) | Q(environment=environment))
    policies = list(
        matching.select_related("application").prefetch_related("slots__team").order_by("name", "id")
    )
    return [
        rule
        for subject in Subject
        for rule in _rules(Subject(subject), [one for one in policies if one.subject == subject])
    ]


def sentence_of(policy: ApprovalPolicy) -> str:
    """What it asks for; read with its application, slots and their teams."""
    every, of, _other = _WORDS[Subject(policy.subject)]()
    words = of if policy.application is not None else every
    return words % {"who": _approvers(policy), "application": policy.application}


def otherwise() -> list[Rule]:
    """What counts where no policy says anything."""
    who = {"who": _times(1, slots.default_slot().who)}
    return [Rule(_WORDS[subject]()[0] % who) for subject in Subject]


def _rules(subject: Subject, policies: Sequence[ApprovalPolicy]) -> Iterable[Rule]:
    every, _of, other = _WORDS[subject]()
    for entry in policies:
        yield Rule(sentence_of(entry), entry)
    if all(entry.application_id is not None for entry in policies):
        words = other if policies else every
        yield Rule(words % {"who": _times(1, slots.default_slot().who)})


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
