"""Which decisions people may take on a step, and who, as its procedure says: everywhere, and in single environments.

A procedure only narrows what the roles allow. What it doesn't name stays open to whoever may decide.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from releaseorch.accounts.policy import ROLES
from releaseorch.accounts.roles import Role

NEVER, EITHER = "never", "either"
ENVIRONMENTS = "environments"
# Verb → the right that it needs, whatever the procedure says.
PERMISSIONS = {
    **dict.fromkeys(["retry", "retry_from", "take_over", "mark_done", "skip", "mark_failed"], "step.decide"),
    "reassign": "step.reassign",
    "stop": "run.stop",
}
# As the buttons call them.
LABELS = {
    "retry": gettext_noop("Try again"),
    "retry_from": gettext_noop("Again from here"),
    "take_over": gettext_noop("Take over by hand"),
    "mark_done": gettext_noop("It is done"),
    "skip": gettext_noop("Skip"),
    "mark_failed": gettext_noop("Failed for good"),
    "reassign": gettext_noop("Give to"),
    "stop": gettext_noop("Stop the run"),
}
# What a step that failed needs one of; and what is left of it in a run that is being cancelled.
WAYS_ON = ("retry", "take_over", "mark_done", "skip", "mark_failed")
WAYS_OUT = ("mark_done", "skip", "mark_failed")

Rules = Mapping[str, str]
_known: list[Callable[[], Collection[str]]] = []


def _words(permission: str) -> list[str]:
    roles = sorted(str(role.value) for role in ROLES[permission])
    return [NEVER, *roles, EITHER] if len(roles) > 1 else [NEVER, *roles]


_VERBS: dict[str, Any] = {
    verb: {"title": LABELS[verb], "enum": _words(permission)} for verb, permission in PERMISSIONS.items()
}
SCHEMA: dict[str, Any] = {
    "title": gettext_noop("Which decisions are allowed, and to whom; under environments: what is otherwise there"),
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **_VERBS,
        ENVIRONMENTS: {
            "title": gettext_noop("Short name of the environment → what is otherwise there"),
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": False, "properties": _VERBS},
        },
    },
}  # fmt: skip


def register(known: Callable[[], Collection[str]]) -> None:
    """Which environments there are, by short name; they stand above the catalog."""
    _known.append(known)


def unknown_environments(said: Mapping[str, Any], known: Collection[str] | None = None) -> list[str]:
    """Those that are named and don't exist: a typing error would open what was to be closed. One query at most."""
    named = said.get(ENVIRONMENTS, {})
    if not named:
        return []
    there = set(known) if known is not None else {slug for ask in _known for slug in ask()}
    return [slug for slug in named if slug not in there]


def rules_in(said: Mapping[str, Any], environment: str) -> dict[str, str]:
    """Verb → never or a role, for an environment by its short name; what is as usual is left out."""
    here = {**{verb: word for verb, word in said.items() if verb != ENVIRONMENTS}}
    here.update(said.get(ENVIRONMENTS, {}).get(environment, {}))
    return {verb: word for verb, word in here.items() if word != EITHER}


def label(verb: str) -> str:
    return _(LABELS[verb])


def roles_for(rules: Rules, verb: str) -> frozenset[Role]:
    """Who may; nobody where it is never allowed."""
    word = rules.get(verb)
    if word == NEVER:
        return frozenset()
    return ROLES[PERMISSIONS[verb]] if word is None else frozenset({Role(word)})


def deciding_roles(rules: Rules) -> frozenset[Role]:
    """Who may take one decision at least."""
    return frozenset(role for verb in WAYS_ON for role in roles_for(rules, verb))


def why_dead_end(said: Mapping[str, Any]) -> str:
    """Where a step that failed would wait for ever, since nobody may end it; empty when it always goes on."""
    for environment in ["", *said.get(ENVIRONMENTS, {})]:
        rules = rules_in(said, environment)
        if not any(roles_for(rules, verb) for verb in WAYS_OUT):
            ways = ", ".join(label(verb) for verb in WAYS_OUT)
            if environment:
                return _("in %(environment)s nobody could end it: allow one of %(ways)s") % {
                    "environment": environment,
                    "ways": ways,
                }
            return _("nobody could end it: allow one of %(ways)s") % {"ways": ways}
    return ""


def sentences(said: Mapping[str, Any]) -> list[str]:
    """The rules as people read them, those of an environment after its name."""
    everywhere = _sentence({verb: word for verb, word in said.items() if verb != ENVIRONMENTS})
    single = (f"{place}: {_sentence(rules)}" for place, rules in said.get(ENVIRONMENTS, {}).items() if rules)
    return [line for line in (everywhere, *single) if line]


def _sentence(rules: Rules) -> str:
    return ", ".join(f"{label(verb)} – {who(rules, verb)}" for verb in _in_order(rules))


def who(rules: Rules, verb: str) -> str:
    """In words: never, or the roles."""
    word = rules.get(verb)
    if word == NEVER:
        return _("never")
    if word in {None, EITHER}:
        return _(" or ").join(sorted(str(role.label).lower() for role in ROLES[PERMISSIONS[verb]]))
    return str(Role(str(word)).label).lower()


def _in_order(verbs: Iterable[str]) -> list[str]:
    named = set(verbs)
    return [verb for verb in LABELS if verb in named]
