"""Make, change and end policies. A version never changes but for its end; an edit makes the next one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from releaseorch.accounts import policy as rights
from releaseorch.accounts.models import Person, RoleGrant, Team
from releaseorch.accounts.roles import Role, ScopeKind
from releaseorch.audit import events
from releaseorch.catalog.models import Application
from releaseorch.core import clock
from releaseorch.core.checked import cleaned, insert, reason_text
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.core.fields import name_key
from releaseorch.environments.models import Environment
from releaseorch.policies import people, slots
from releaseorch.policies.models import ApprovalPolicy, ApprovalSlot, PolicyRule, Rule, Stage, Subject
from releaseorch.policies.slots import SlotSpec

TOPICS = ("requests", "runs", "policies")
MOST_SLOTS = 12
LARGEST_QUORUM = 20
MOST_NAMED = 8
LONGEST_SOAK = 2160  # hours: ninety days
# A form says minutes: what was the present minute when it was sent is now.
JUST_NOW = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class SlotDraft:
    """A slot of a policy to be made: either a role or a team."""

    name: str
    role: Role | None = None
    team: Team | None = None
    quorum: int = 1

    @property
    def spec(self) -> SlotSpec:
        team_id, team_name = (self.team.pk, self.team.name) if self.team else (None, "")
        return SlotSpec(self.name, self.role or "", team_id, team_name, self.quorum)


@dataclass(frozen=True, kw_only=True)
class RuleDraft:
    """A rule of a policy to be made; `hours` of SOAKED alone."""

    rule: Rule
    blocks_from: Stage
    hours: int | None = None


def create_policy(
    *,
    actor: Person,
    name: str,
    subject: Subject,
    slots: Sequence[SlotDraft] = (),
    rules: Sequence[RuleDraft] = (),
    environment: Environment | None = None,
    application: Application | None = None,
    valid_from: datetime | None = None,
) -> ApprovalPolicy:
    """Ask for slots and demand rules from a moment on (None: now); empty environment or application: in every one.

    Raises `NotAllowed`, `Invalid` for a name that is there, a moment that is over, slots that nobody can fill.
    """
    rights.require(actor, "policy.edit")
    made = cleaned(
        ApprovalPolicy(
            name=name, subject=subject, environment=environment, application=application,
            valid_from=_begin(valid_from),
        )
    )  # fmt: skip
    rules = _in_order(rules)
    _check(made, slots, rules)
    with transaction.atomic():
        last = _newest(made.name)
        if last is not None and not last.is_over:
            raise Invalid({"name": _taken(last)})
        made.version = last.version + 1 if last is not None else 1
        insert(made, "name", _taken(made))
        _write(made, slots, rules)
        events.record(
            actor=actor, verb="policy.created", subject=made, topics=TOPICS,
            after={"subject": str(subject), "where": where_of(made), **_told(made, slots, rules)},
        )  # fmt: skip
    return made


def edit_policy(
    *,
    actor: Person,
    policy: ApprovalPolicy,
    slots: Sequence[SlotDraft] | None = None,
    rules: Sequence[RuleDraft] | None = None,
    reason: str,
    seen: int | None = None,
    valid_from: datetime | None = None,
) -> ApprovalPolicy:
    """The next version, with these slots and rules (None: as before) from a moment on (None: now).

    What it is about and where it counts stays. `seen` is the newest version that was known. The same as the newest
    version: that is the one. Raises `NotAllowed`, `Invalid`, `Conflict` when it was changed or has ended.
    """
    rights.require(actor, "policy.edit")
    why, begin = reason_text(reason), _begin(valid_from)
    with transaction.atomic():
        last = _going_on(policy, seen)
        was, kept = drafts_of(last), rules_of(last)
        asked = was if slots is None else list(slots)
        demanded = kept if rules is None else _in_order(rules)
        _check(last, asked, demanded)
        if valid_from is None and (asked, demanded) == (was, kept):
            return last
        made = cleaned(
            ApprovalPolicy(
                name=last.name, version=last.version + 1, subject=last.subject, environment=last.environment,
                application=last.application, valid_from=begin,
            )
        )  # fmt: skip
        before = _told(last, was, kept)
        _end_versions(last.name_key, begin)
        made.save()
        _write(made, asked, demanded)
        events.record(
            actor=actor, verb="policy.edited", subject=made, reason=why, topics=TOPICS,
            before=before, after=_told(made, asked, demanded),
        )  # fmt: skip
    return made


def retire_policy(
    *,
    actor: Person,
    policy: ApprovalPolicy,
    reason: str,
    seen: int | None = None,
    valid_until: datetime | None = None,
) -> ApprovalPolicy:
    """From a moment on (None: now) it asks for nothing any more. Raises `NotAllowed`, `Invalid`, `Conflict`."""
    rights.require(actor, "policy.edit")
    why, end = reason_text(reason), _begin(valid_until, "valid_until")
    with transaction.atomic():
        last = _going_on(policy, seen)
        _end_versions(last.name_key, end)
        last.refresh_from_db()
        events.record(
            actor=actor, verb="policy.retired", subject=last, reason=why, topics=TOPICS,
            before=_told(last, drafts_of(last), rules_of(last)), after={"until": end.isoformat()},
        )  # fmt: skip
    return last


def where_of(policy: ApprovalPolicy) -> str:
    """Where it counts, in words."""
    if policy.environment is None:
        return str(policy.application) if policy.application else _("everywhere")
    if policy.application is None:
        return str(policy.environment)
    return _("%(application)s in %(environment)s") % {
        "application": policy.application,
        "environment": policy.environment,
    }


def _newest(name: str) -> ApprovalPolicy | None:
    """The newest version of the policy that has this name to the eye, locked."""
    versions = ApprovalPolicy.objects.filter(name_key=name_key(name))
    # Whoever changes it now is waited for first, and only then is looked which version is the newest.
    list(versions.select_for_update().order_by("pk").values_list("pk"))
    return versions.select_related("environment", "application__team").order_by("-version").first()


def _going_on(policy: ApprovalPolicy, seen: int | None) -> ApprovalPolicy:
    """Its newest version, locked; raises `Conflict` when it has ended or isn't the one that was seen."""
    last = _newest(policy.name) or policy
    if seen is not None and seen != last.version:
        said = {"policy": last.name, "version": last.version}
        raise Conflict(_("There is version %(version)d of %(policy)s meanwhile. Look at it first.") % said)
    if last.is_over:
        raise Conflict(_("This policy has ended. Make a new one of that name."))
    return last


def _end_versions(key: str, at: datetime) -> None:
    """No version goes on after `at`; one that would only have begun later never counts."""
    for row in ApprovalPolicy.objects.filter(Q(valid_until=None) | Q(valid_until__gt=at), name_key=key):
        ApprovalPolicy.objects.filter(pk=row.pk).update(valid_until=max(at, row.valid_from))


def _begin(moment: datetime | None, field: str = "valid_from") -> datetime:
    now = clock.now()
    if moment is None or now - JUST_NOW <= moment <= now:
        return now
    if moment < now:
        raise Invalid({field: _("This is over; a policy changes from now on, or later.")})
    return moment


def _taken(policy: ApprovalPolicy) -> str:
    return _("There is a policy %(name)s already; edit that one.") % {"name": policy.name}


def _write(policy: ApprovalPolicy, drafts: Sequence[SlotDraft], rules: Sequence[RuleDraft]) -> None:
    ApprovalSlot.objects.bulk_create(
        cleaned(
            ApprovalSlot(
                policy=policy, name=draft.name, role=draft.role or "", team=draft.team, quorum=draft.quorum
            )
        )
        for draft in drafts
    )
    PolicyRule.objects.bulk_create(
        PolicyRule(policy=policy, rule=one.rule, blocks_from=one.blocks_from, hours=one.hours)
        for one in rules
    )


def drafts_of(policy: ApprovalPolicy) -> list[SlotDraft]:
    """The slots of a version as they would be drafted again; one query."""
    return [
        SlotDraft(
            name=slot.name, role=Role(slot.role) if slot.role else None, team=slot.team, quorum=slot.quorum
        )
        for slot in policy.slots.select_related("team")
    ]


def rules_of(policy: ApprovalPolicy) -> list[RuleDraft]:
    """The rules of a version as they would be drafted again, in the order in which they stand; one query."""
    found = [
        RuleDraft(rule=Rule(row.rule), blocks_from=Stage(row.blocks_from), hours=row.hours)
        for row in policy.rules.all()
    ]
    return _in_order(found)


def _in_order(drafts: Sequence[RuleDraft]) -> list[RuleDraft]:
    return sorted(drafts, key=lambda draft: list(Rule).index(draft.rule))


def _told(policy: ApprovalPolicy, drafts: Sequence[SlotDraft], rules: Sequence[RuleDraft]) -> dict[str, Any]:
    return {
        "version": policy.version,
        "from": policy.valid_from.isoformat(),
        "slots": [f"{draft.name}: {draft.quorum} × {draft.spec.who}" for draft in drafts],
        "rules": [
            f"{one.rule}: {one.blocks_from}" + (f", {one.hours} h" if one.hours else "") for one in rules
        ],
    }


def _check(policy: ApprovalPolicy, drafts: Sequence[SlotDraft], rules: Sequence[RuleDraft]) -> None:
    """Raise `Invalid` unless these slots and rules make sense for what the policy is about, and can be filled."""
    _check_rules(policy, rules)
    if not drafts and not rules:
        raise Invalid({"slots": _("A policy asks for one slot at least, or demands a rule.")})
    if drafts:
        _check_slots(drafts)
        _check_there_are_people(policy, drafts)


def _check_rules(policy: ApprovalPolicy, rules: Sequence[RuleDraft]) -> None:
    if rules and policy.subject != Subject.REQUEST:
        said = _("Rules are demanded of requests, and hold until the run that carries them out starts.")
        raise Invalid({"rules": said})
    if len({one.rule for one in rules}) < len(rules):
        raise Invalid({"rules": _("A rule is named twice.")})
    for one in rules:
        if (one.rule == Rule.SOAKED) != (one.hours is not None):
            said = _("Say for how many hours, and only of the rule “%(rule)s”.")
            raise Invalid({"rules": said % {"rule": Rule.SOAKED.label}})
        if one.hours is not None and not 1 <= one.hours <= LONGEST_SOAK:
            said = _("One hour at least, and %(most)d at most.")
            raise Invalid({"rules": said % {"most": LONGEST_SOAK}})


def _check_slots(drafts: Sequence[SlotDraft]) -> None:
    if len(drafts) > MOST_SLOTS:
        raise Invalid({"slots": _("A policy has at most %(most)d slots.") % {"most": MOST_SLOTS}})
    for draft in drafts:
        if (draft.role is None) == (draft.team is None):
            raise Invalid({"slots": _("%(slot)s needs either a role or a team.") % {"slot": draft.name}})
        if not 1 <= draft.quorum <= LARGEST_QUORUM:
            said = _("%(slot)s needs one person at least, and %(most)d at most.")
            raise Invalid({"slots": said % {"slot": draft.name, "most": LARGEST_QUORUM}})
    if len({name_key(draft.name) for draft in drafts}) < len(drafts):
        raise Invalid({"slots": _("Two slots have the same name.")})
    asked = Counter(draft.spec.who for draft in drafts)
    twice = next((who for who, count in asked.items() if count > 1), None)
    if twice is not None:
        said = _("Two slots ask for %(who)s; ask for so many people in one.")
        raise Invalid({"slots": said % {"who": twice}})


def _check_there_are_people(policy: ApprovalPolicy, drafts: Sequence[SlotDraft]) -> None:
    """With everything else that is asked for wherever it counts, there are people for each slot; five queries."""
    specs = slots.union([*_asked_there_already(policy), *(draft.spec for draft in drafts)])
    asked = [people.Asked(spec, partial(may_reach, policy=policy)) for spec in specs]
    found = people.who_could(asked)
    place = people.first_unfilled(found, [spec.quorum for spec in specs])
    if place is not None:
        raise Invalid({"slots": _too_few(specs[place], found[place])})


def _asked_there_already(policy: ApprovalPolicy) -> list[SlotSpec]:
    key = name_key(policy.name)
    return [
        spec
        for entry in slots.policies_for(policy.subject)
        if entry.name_key != key
        and entry.environment_id in (None, policy.environment_id)
        and entry.application_id in (None, policy.application_id)
        for spec in slots.specs_of(entry)
    ]


def may_reach(grant: RoleGrant, policy: ApprovalPolicy) -> bool:
    """Whether the grant counts for something that the policy is about."""
    match grant.scope_kind:
        case ScopeKind.ENVIRONMENT:
            return policy.environment_id in (None, grant.scope_id)
        case ScopeKind.APPLICATION:
            return policy.application_id in (None, grant.scope_id)
        case ScopeKind.TEAM:
            return policy.application is None or policy.application.team_id == grant.scope_id
    return True


def _too_few(spec: SlotSpec, found: Sequence[Person]) -> str:
    said = {"slot": spec.name, "who": spec.who, "n": spec.quorum}
    if not found:
        return (
            _(
                "Nobody could ever approve as %(slot)s: no active person is %(who)s there. Name somebody first."
            )
            % said
        )
    names = ", ".join(person.name for person in found[:MOST_NAMED])
    return _(
        "%(slot)s needs %(n)d of %(who)s, and one person never fills two slots: there are only %(names)s."
    ) % {**said, "names": names}
