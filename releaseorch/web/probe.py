"""Tickets with which `manage.py doctor` asks the installation what it sees; nobody without the secret key has one."""

from django.core.signing import BadSignature, TimestampSigner
from django.http import Http404, HttpRequest

LASTS_S = 60
PAUSE_S = 1.0  # between the first and the last event of a stream that is tried
_signer = TimestampSigner(salt="releaseorch.probe")


def ticket() -> str:
    return _signer.sign("doctor")


def require_ticket(request: HttpRequest) -> None:
    """Raises `Http404`: to everybody else there is nothing here."""
    try:
        _signer.unsign(request.GET.get("ticket", ""), max_age=LASTS_S)
    except BadSignature:
        raise Http404 from None
