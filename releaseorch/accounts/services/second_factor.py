"""The second factor: codes of a person's phone, asked for at each log-in once it is set."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from releaseorch.accounts import one_time, policy
from releaseorch.accounts.models import Person, RecoveryCode, SecondFactor
from releaseorch.audit import edits, events
from releaseorch.core import clock, sealing
from releaseorch.core.checked import reason_text
from releaseorch.core.errors import Conflict, Invalid, NotAllowed

logger = logging.getLogger(__name__)

WRONG_IN_A_ROW = 5
PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)


class Paused(Invalid):
    """Too many wrong codes for this person, whoever typed them."""

    def __init__(self, left: timedelta) -> None:
        self.seconds = max(1, round(left.total_seconds()))
        super().__init__({"code": _("Too many wrong codes. Wait a while, then try again.")})


def factor_of(person: Person) -> SecondFactor | None:
    """The one that counts."""
    return _confirmed(person).first()


def pending_of(person: Person) -> SecondFactor | None:
    """The one whose first code is awaited."""
    return SecondFactor.objects.filter(person=person, confirmed_at=None).first()


def secret_of(factor: SecondFactor) -> bytes:
    """Raises `sealing.CannotOpen`."""
    return sealing.open_sealed(factor.key_id, bytes(factor.sealed), factor.place)


def begin_second_factor(*, actor: Person) -> SecondFactor:
    """A new secret; it counts once the phone has made a right code of it. Raises `Conflict`, `NotAllowed`."""
    if actor.is_robot:
        raise NotAllowed(_("A robot doesn't log in; it acts by API tokens."))
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=actor.pk)  # two windows, one after the other
        if factor_of(actor) is not None:
            raise Conflict(_("You have a second factor already. Remove it first."))
        SecondFactor.objects.filter(person=actor).delete()
        made = SecondFactor(person=actor)
        made.key_id, made.sealed = sealing.seal(one_time.new_secret(), made.place)
        made.save()
    return made


def confirm_second_factor(*, actor: Person, code: str) -> list[str]:
    """It counts from now on; returns the recovery codes, which nobody can read again. Raises `Conflict`, `Invalid`."""
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(person=actor, confirmed_at=None).first()
        if factor is None:
            raise Conflict(_("Nothing waits for a first code. Look at how it stands now."))
        step = _step(factor, code)
        if step is None:
            raise Invalid({"code": _wrong()})
        factor.used_step, factor.confirmed_at = step, clock.now()
        factor.save()
        codes = _new_codes(factor)
        events.record(actor=actor, verb="second_factor.set", subject=actor, topics=[f"person:{actor.pk}"])
    return codes


def renew_recovery_codes(*, actor: Person, code: str) -> list[str]:
    """The older ones count no longer. Raises `Invalid`."""
    prove(actor, code)
    with transaction.atomic():
        factor = _confirmed(actor).select_for_update().get()
        codes = _new_codes(factor)
        events.record(actor=actor, verb="second_factor.codes_renewed", subject=actor)
    return codes


def remove_second_factor(*, actor: Person, code: str) -> None:
    """One's own, with a last code. Raises `Invalid`."""
    prove(actor, code)
    with transaction.atomic():
        SecondFactor.objects.filter(person=actor).delete()
        events.record(actor=actor, verb="second_factor.removed", subject=actor, topics=[f"person:{actor.pk}"])


def reset_second_factor(*, actor: Person, person: Person, reason: str, seen: int | None = None) -> Person:
    """For somebody who has lost phone and recovery codes: the password alone lets them in, until they set a new one.

    Raises `NotAllowed` also for one's own, `Conflict`, `Invalid`.
    """
    policy.require(actor, "person.edit")
    if actor.pk == person.pk:
        raise NotAllowed(own_is_reset_by_another())
    why = reason_text(reason)
    with transaction.atomic():
        fresh = edits.locked(person, seen)
        gone, _rows = SecondFactor.objects.filter(person=fresh).delete()
        if not gone:
            raise Conflict(_("%(person)s has no second factor.") % {"person": fresh})
        fresh.save(update_fields=[])  # whoever looks at an older picture is told so
        events.record(
            actor=actor, verb="person.second_factor_reset", subject=fresh, reason=why,
            topics=["people", f"person:{fresh.pk}"],
        )  # fmt: skip
    return fresh


def own_is_reset_by_another() -> str:
    return _(
        "Your own you remove yourself, with a code, under My access; else another administrator resets it."
    )


def prove(person: Person, typed: str) -> None:
    """A code of the phone or a recovery code; each counts once. Raises `Invalid`, `Paused`.

    Wrong ones count on the row, wherever they come from: whoever types them knows the password.
    """
    with transaction.atomic():
        factor = _confirmed(person).select_for_update().first()
        if factor is None:
            raise Invalid({"code": _("There is no second factor any more. Log in once more.")})
        left = (factor.paused_until or clock.now()) - clock.now()
        if left > timedelta():
            raise Paused(left)
        is_right = _use_step(factor, typed) or _use_recovery_code(factor, typed)
        if is_right:
            factor.wrong, factor.paused_until = 0, None
        else:
            factor.wrong += 1
            factor.paused_until = _pause_after(factor.wrong)
        factor.save(update_fields=["used_step", "wrong", "paused_until"])
    if not is_right:
        if factor.paused_until is not None:
            raise Paused(factor.paused_until - clock.now())
        raise Invalid({"code": _wrong()})


def _confirmed(person: Person) -> QuerySet[SecondFactor]:
    return SecondFactor.objects.filter(person=person).exclude(confirmed_at=None)


def _wrong() -> str:
    return _("This code doesn't count: it is wrong, was used, or is too old. Wait for the next one.")


def _pause_after(wrong: int) -> datetime | None:
    """A minute after five in a row, twice as long after five more, an hour at most."""
    if wrong % WRONG_IN_A_ROW:
        return None
    pause: timedelta = min(PAUSE * 2 ** min(wrong // WRONG_IN_A_ROW - 1, 10), LONGEST_PAUSE)
    return clock.now() + pause


def _step(factor: SecondFactor, typed: str) -> int | None:
    try:
        secret = secret_of(factor)
    except sealing.CannotOpen as closed:  # recovery codes count all the same
        logger.error("The second factor of person %s: %s", factor.person_id, closed)
        return None
    return one_time.step_of(secret, typed, clock.now().timestamp())


def _use_step(factor: SecondFactor, typed: str) -> bool:
    step = _step(factor, typed)
    if step is None or step <= factor.used_step:
        return False
    factor.used_step = step
    return True


def _use_recovery_code(factor: SecondFactor, typed: str) -> bool:
    found = factor.codes.filter(hash=one_time.hash_of(typed), used_at=None)
    if not found.update(used_at=clock.now()):
        return False
    left = factor.codes.filter(used_at=None).count()
    events.record(
        actor=factor.person,
        verb="second_factor.recovery_code_used",
        subject=factor.person,
        after={"left": left},
    )
    return True


def _new_codes(factor: SecondFactor) -> list[str]:
    factor.codes.all().delete()
    codes = one_time.new_recovery_codes()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(factor=factor, hash=one_time.hash_of(code)) for code in codes
    )
    return codes
