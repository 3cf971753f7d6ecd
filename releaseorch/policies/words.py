"""Policies in words: whose consent a request or a run needs in an environment, and by which policy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from releaseorch.environments.models import Environment
from releaseorch.policies.models import ApprovalPolicy, Subject
from releaseorch.policies.services import default_slot


@dataclass(frozen=True)
class Rule:
    """One policy as a sentence; `policy` is empty for what counts where no policy says anything."""

    sentence: str
    policy: str = ""


def rules_of(environment: Environment) -> list[Rule]:
    """What is asked for there, of requests and then of runs; three queries."""
    matching = ApprovalPolicy.objects.filter(Q(environment=None) | Q(environment=environment))
    policies = list(
        matching.select_related("application").prefetch_related("slots__team").order_by("name", "id")
    )
    return [
        rule
        for subject in Subject
        for rule in _rules(Subject(subject), [one for one in policies if one.subject == subject])
    ]


def every_rule() -> list[tuple[str, Rule]]:
    """All policies, each with where it counts, and what counts where none says anything; two queries."""
    policies = ApprovalPolicy.objects.select_related("application", "environment").prefetch_related(
        "slots__team"
    )
    found = []
    for entry in policies.order_by("subject", "environment__rank", "name"):
        every, of, _other = _WORDS[Subject(entry.subject)]()
        words = of if entry.application is not None else every
        sentence = words % {"who": _approvers(entry), "application": entry.application}
        found.append((str(entry.environment or _("everywhere")), Rule(sentence, entry.name)))
    otherwise = {"who": _times(1, default_slot().who)}
    for subject in Subject:
        found.append((_("where no policy says anything"), Rule(_WORDS[subject]()[0] % otherwise)))
    return found


def _rules(subject: Subject, policies: Sequence[ApprovalPolicy]) -> Iterable[Rule]:
    every, of, other = _WORDS[subject]()
    for entry in policies:
        words = of if entry.application is not None else every
        yield Rule(words % {"who": _approvers(entry), "application": entry.application}, entry.name)
    if all(entry.application_id is not None for entry in policies):
        words = other if policies else every
        yield Rule(words % {"who": _times(1, default_slot().who)})


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
