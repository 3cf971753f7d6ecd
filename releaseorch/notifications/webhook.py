"""Tells another system, such as a pager, that a decision waits too long: signed, tried again, given up after a day.

The receiver computes HMAC-SHA256 with the shared secret over `<timestamp>.<body>`, compares it with the signature, and
refuses old timestamps. The same call may come twice; its `id` tells.
"""

import hashlib
import hmac
import json
import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.urls import reverse

from releaseorch.core import clock
from releaseorch.executors import outbound
from releaseorch.executors.http import exchange
from releaseorch.executors.http.config import Request
from releaseorch.notifications.inbox import cut
from releaseorch.notifications.letters import address
from releaseorch.notifications.models import Escalation, WebhookCall
from releaseorch.notifications.states import Sending
from releaseorch.runs import waits

logger = logging.getLogger(__name__)

EVERY_S = 5.0
TIMEOUT_S = 10.0
PER_ROUND = 20
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=15)
GIVE_UP = timedelta(days=1)


def enqueue(escalation: Escalation, sentence: str) -> None:
    if settings.WEBHOOK_URL:
        WebhookCall.objects.create(escalation=escalation, body=_body(escalation, sentence))


def send_due() -> int:
    """One round; returns how many calls were taken. The first that isn't ends it: the others go to the same address."""
    if not settings.WEBHOOK_URL:
        return 0
    waiting = WebhookCall.objects.filter(sending=Sending.WAITING)
    waiting.filter(escalation__at__lt=clock.now() - GIVE_UP).update(sending=Sending.GIVEN_UP)
    sent = 0
    for call in waiting.filter(next_try__lte=clock.now()).order_by("pk")[:PER_ROUND]:
        if not _send(call):
            break
        sent += 1
    return sent


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _send(call: WebhookCall) -> bool:
    pause = min(FIRST_PAUSE * 2 ** min(call.tries, 10), LONGEST_PAUSE)
    mine = WebhookCall.objects.filter(pk=call.pk, sending=Sending.WAITING, tries=call.tries)
    if not mine.update(tries=F("tries") + 1, next_try=clock.now() + pause):
        return True  # another housekeeper has it
    rows = WebhookCall.objects.filter(pk=call.pk)
    try:
        answer = exchange.send(_request(call), outbound.Guard.from_environment())
    except (outbound.Refused, outbound.Unreachable, exchange.BrokenOff) as problem:
        logger.warning("webhook: %s", problem)
        rows.update(last_error=cut(str(problem), 500))
        return False
    if not 200 <= answer.status < 300:
        rows.update(last_error=f"HTTP {answer.status}")
        return False
    rows.update(sending=Sending.SENT, last_error="")
    return True


def _request(call: WebhookCall) -> Request:
    target, body = outbound.parse(settings.WEBHOOK_URL), call.body.encode()
    timestamp = str(int(clock.now().timestamp()))
    headers = {
        "Host": target.authority,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        "Releaseorch-Timestamp": timestamp,
        "Releaseorch-Signature": f"v1={signature(settings.WEBHOOK_SECRET, timestamp, body)}",
    }
    return Request("POST", target, headers, body, TIMEOUT_S)


def _body(escalation: Escalation, sentence: str) -> str:
    step = escalation.step
    team = waits.team_of(step)
    return json.dumps(
        {
            "id": escalation.pk,
            "event": "step.escalated",
            "sentence": sentence,
            "level": escalation.level,
            "told": escalation.told,
            "team": team.name if team else None,
            "on_call": team.on_call_note if team else "",
            "waiting_since": escalation.since.isoformat(),
            "environment": step.run.environment.name,
            "run": {"id": step.run_id, "title": step.run.title},
            "step": {"id": step.pk, "number": step.number, "title": step.title},
            "url": address(reverse("step", args=[step.pk])),
        }
    )
