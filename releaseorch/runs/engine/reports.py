"""Telling how an attempt ended, while the database is away, too."""

import logging
from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import gettext as _

from releaseorch.executors.base import Result, Unknown
from releaseorch.runs.engine import endings
from releaseorch.runs.engine.connections import without_secrets
from releaseorch.runs.engine.lease import Fenced, persist
from releaseorch.runs.engine.turn import Turn
from releaseorch.runs.store import Claim

logger = logging.getLogger(__name__)
# What has ended stays true: reporting it is worth more patience than holding a lease.
TRIES_S = 900.0


def report(
    claim: Claim,
    result: Result,
    secrets: Mapping[str, bytes] = MappingProxyType({}),
    turn: Turn | None = None,
) -> bool:
    """Write the outcome; one that can't be written is told as unknown. True when it counts."""
    try:
        clean = without_secrets(result, secrets)
        return persist(lambda: _finish(claim, clean, turn), TRIES_S)
    except Fenced:
        logger.error("the outcome of attempt %s could not be written: %s", claim.attempt_id, result)
        return False
    except Exception as broken:
        logger.exception("the outcome of attempt %s could not be recorded", claim.attempt_id)
        said = _("It ended (%(outcome)s), but that could not be recorded: %(error)s.")
        named = {"outcome": endings.name_of(result), "error": type(broken).__name__}
        return persist(lambda: endings.finish(claim, Unknown(said % named)), TRIES_S)


def _finish(claim: Claim, result: Result, turn: Turn | None) -> bool:
    if turn is None:
        return endings.finish(claim, result)
    step = turn.step if turn.step and turn.step.pk == claim.step_id else None
    return turn.finishing(lambda: endings.finish(claim, result, turn.claim_next, step, turn.looks_at()))
