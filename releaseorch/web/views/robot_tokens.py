"""The API tokens of robots, which administrators make and revoke."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from releaseorch.accounts import tokens
from releaseorch.accounts.models import Person, PersonKind, Token
from releaseorch.core.errors import Invalid
from releaseorch.web import token_pages
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import bounced, perform
from releaseorch.web.views.people import person_page


@require_POST
def create(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer shows the text of the token; a reload doesn't show it again."""
    robot = get_or_404(Person, pk=pk, kind=PersonKind.ROBOT)
    try:
        token, text = token_pages.create(request, person_of(request), robot)
    except Invalid as error:
        answer = person_page(request, robot, bounced(request, error, "token"))
        answer.status_code = 422
        return answer
    return person_page(request, robot, made_token=token, text=text)


@require_POST
def revoke(request: HttpRequest, pk: int, token: int) -> HttpResponse:
    found = get_or_404(
        Token.objects.filter(person_id=pk, person__kind=PersonKind.ROBOT).select_related("person"), pk=token
    )
    return perform(
        request,
        lambda _seen: tokens.revoke_token(actor=person_of(request), token=found),
        back=f"/people/{pk}",
        said=_("The token %(name)s counts no longer.") % {"name": found.name},
    )
