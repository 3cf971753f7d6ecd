"""`Idempotency-Key`: the same call again gives the stored answer, not a second effect."""

import json
from collections.abc import Callable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from releaseorch.accounts.models import Person
from releaseorch.api.models import IdempotencyKey
from releaseorch.core.errors import Conflict, Invalid

HEADER = "Idempotency-Key"
LONGEST = 100


def once(request: Request, actor: Person, call: Callable[[], Response]) -> Response:
    """Do `call` once per key and actor; the answer is stored in its transaction, refusals are not stored."""
    key = request.headers.get(HEADER, "")
    if not key:
        return call()
    if len(key) > LONGEST or not key.isprintable():
        raise Invalid({HEADER: _("An idempotency key has at most 100 printable characters.")})
    digest = digest_of(request)
    with transaction.atomic():
        entry = _new_entry(actor, key, digest)
        if entry is None:
            return _stored(IdempotencyKey.objects.get(actor=actor, key=key), digest)
        response = call()
        entry.status = response.status_code
        entry.answer = json.loads(json.dumps(response.data, cls=DjangoJSONEncoder))
        entry.save(update_fields=["status", "answer"])
        return response


def digest_of(request: Request) -> str:
    content: list[Any] = [request.method, request.get_full_path(), request.data]
    text = json.dumps(content, sort_keys=True, cls=DjangoJSONEncoder)
    # Keyed, since a body may hold a secret: nobody who reads the table can try what it was.
    return salted_hmac("releaseorch.api.idempotency", text, algorithm="sha256").hexdigest()


def _new_entry(actor: Person, key: str, digest: str) -> IdempotencyKey | None:
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(actor=actor, key=key, body_digest=digest)
    except IntegrityError:  # the call was made before, or is under way: the database made us wait for it
        return None


def _stored(entry: IdempotencyKey, digest: str) -> Response:
    if entry.body_digest != digest:
        raise Conflict(_("This idempotency key was used for another call. Use a new key."))
    response = Response(entry.answer, status=entry.status)
    response["Idempotency-Replayed"] = "true"
    return response
