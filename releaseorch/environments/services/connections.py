"""Make and change connections, and set their secrets, which nobody reads again."""

import re
from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.audit import edits, events
from releaseorch.core import clock, sealing
from releaseorch.core.checked import cleaned, insert, refuse_same_name
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.environments import at_once
from releaseorch.environments.models import Connection, ConnectionSecret, Environment
from releaseorch.environments.services.places import hold_in_use
from releaseorch.executors import registry
from releaseorch.executors.redaction import MIN_LENGTH

SECRET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")
LONGEST_SECRET = 64 * 1024
TOPICS = ("inventory",)


class ConnectionChanges(TypedDict, total=False):
    """What may be edited of a connection."""

    name: str
    config: Mapping[str, Any]
    steps_at_once: int | None


def create_connection(
    *,
    actor: Person,
    environment: Environment,
    name: str,
    kind: str,
    config: Mapping[str, Any] | None = None,
    steps_at_once: int | None = None,
) -> Connection:
    """Raises `NotAllowed`, and `Invalid` also for an address that leads where no step may go."""
    _require(actor, environment.pk)
    refuse_same_name(Connection, name, lambda known: _taken(environment, known), environment=environment)
    made = cleaned(
        Connection(
            environment=environment, name=name, kind=kind, config=_checked(kind, config or {}),
            steps_at_once=steps_at_once,
        )
    )  # fmt: skip
    with at_once.following(environment.pk, steps_at_once is not None):
        insert(made, "name", _taken(environment, made.name))
        hold_in_use(environment)
        events.record(
            actor=actor, verb="connection.created", subject=made, topics=TOPICS,
            after={"environment": environment.name, "kind": kind},
        )  # fmt: skip
    return made


def edit_connection(
    *, actor: Person, connection: Connection, seen: int | None = None, **changes: Unpack[ConnectionChanges]
) -> Connection:
    """Change what is given; steps that begin from now on go by it. Raises `NotAllowed`, `Conflict`, `Invalid`.

    Where it leads elsewhere then, its secrets are forgotten: nobody sends to a new host what was meant for another.
    """
    _require(actor, connection.environment_id)
    if "name" in changes:
        refuse_same_name(
            Connection, changes["name"], lambda known: _taken(connection.environment, known),
            besides=connection.pk, environment=connection.environment_id,
        )  # fmt: skip
    if "config" in changes:
        changes["config"] = _checked(connection.kind, changes["config"])
    # Steps go by its name: with another one its limit concerns others.
    with at_once.following(connection.environment_id, "steps_at_once" in changes or "name" in changes):
        if "config" in changes:
            kept = edits.locked(connection, seen)
            if origin_of(kept.kind, changes["config"]) != origin_of(kept.kind, kept.config):
                _forget_all(actor, kept)
        return edits.edit_row(actor=actor, row=connection, seen=seen, values=changes, topics=TOPICS)


def set_connection_secret(
    *, actor: Person, connection: Connection, name: str, secret: str, seen: int | None = None
) -> Connection:
    """Seal a secret under a name, in place of the one before. Raises `NotAllowed`, `Conflict`, `Invalid`."""
    _require(actor, connection.environment_id)
    value = _checked_secret(name, secret)
    with transaction.atomic():
        fresh = edits.locked(connection, seen)
        row = ConnectionSecret.objects.filter(connection=fresh, name=name).first() or ConnectionSecret(
            connection=fresh, name=name
        )
        row.key_id, row.sealed = sealing.seal(value, row.place)
        row.set_by, row.set_at = actor, clock.now()
        row.save()
        fresh.save(update_fields=[])
        events.record(
            actor=actor, verb="connection.secret_set", subject=fresh, after={"name": name}, topics=TOPICS
        )
    return fresh


def forget_connection_secret(
    *, actor: Person, connection: Connection, name: str, seen: int | None = None
) -> Connection:
    """Raises `NotAllowed`, `Conflict` when there is no such secret any more."""
    _require(actor, connection.environment_id)
    with transaction.atomic():
        fresh = edits.locked(connection, seen)
        if not ConnectionSecret.objects.filter(connection=fresh, name=name).delete()[0]:
            raise Conflict(_("%(connection)s has no such secret.") % {"connection": fresh})
        fresh.save(update_fields=[])
        _tell_forgotten(actor, fresh, name)
    return fresh


def remove_connection(*, actor: Person, connection: Connection, seen: int | None = None) -> Connection:
    """Take it away with its secrets; plans say which steps miss it. Raises `NotAllowed`, `Conflict`."""
    _require(actor, connection.environment_id)
    with transaction.atomic():
        fresh = edits.locked(connection, seen)
        events.record(
            actor=actor, verb="connection.removed", subject=fresh, topics=TOPICS,
            before={"environment": fresh.environment.name, "kind": fresh.kind, "config": fresh.config},
        )  # fmt: skip
        Connection.objects.filter(pk=fresh.pk).delete()
    return connection


def secrets_of(connection: Connection) -> dict[str, bytes]:
    """All secrets of a connection, opened: for the worker that has claimed a step, and for nobody else.

    Raises `sealing.CannotOpen`.
    """
    return {
        row.name: sealing.open_sealed(row.key_id, bytes(row.sealed), row.place)
        for row in ConnectionSecret.objects.filter(connection=connection)
    }


def origin_of(kind: str, config: Mapping[str, Any]) -> str:
    """Where the secrets of such a connection go; empty where its configuration doesn't tell."""
    try:
        return registry.get(kind).origin(config)
    except registry.UnknownKind:
        return ""


def secrets_named(config: Any) -> list[str]:
    """The secrets that a configuration speaks of, in its order: each says `{"secret": name}`."""
    if isinstance(config, Mapping):
        own = [config["secret"]] if isinstance(config.get("secret"), str) else []
        return list(dict.fromkeys([*own, *(name for one in config.values() for name in secrets_named(one))]))
    return []


def _forget_all(actor: Person, connection: Connection) -> None:
    rows = ConnectionSecret.objects.filter(connection=connection).order_by("name")
    names = list(rows.values_list("name", flat=True))
    rows.delete()
    for name in names:
        _tell_forgotten(actor, connection, name)


def _tell_forgotten(actor: Person, connection: Connection, name: str) -> None:
    events.record(
        actor=actor,
        verb="connection.secret_forgotten",
        subject=connection,
        before={"name": name},
        topics=TOPICS,
    )


def _require(actor: Person, environment_id: int) -> None:
    policy.require(actor, "environment.edit", Scope.of(environment=environment_id))


def _checked(kind: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        executor = registry.get(kind)
    except registry.UnknownKind as unknown:
        raise Invalid({"kind": str(unknown)}) from unknown
    problems = executor.validate_connection(config)
    if problems:
        raise Invalid({f"config.{field}": sentence for field, sentence in sorted(problems.items())})
    return config


def _checked_secret(name: str, secret: str) -> bytes:
    if not SECRET_NAME.fullmatch(name):
        raise Invalid(
            {"name": _("The name of a secret begins with a letter; letters, digits, “-” and “_” follow.")}
        )
    value = secret.encode("utf-8", "replace")
    if len(value.strip()) < MIN_LENGTH:
        raise Invalid(
            {"secret": _("A secret has at least %(n)d characters: shorter ones can't be hidden in logs.")
             % {"n": MIN_LENGTH}}
        )  # fmt: skip
    if len(value) > LONGEST_SECRET:
        raise Invalid({"secret": _("A secret has at most 64 KB.")})
    return value


def _taken(environment: Environment, name: str) -> str:
    return _("%(environment)s has a connection %(name)s already.") % {
        "environment": environment,
        "name": name,
    }
