"""How the verbs of master data are written down: make, edit, retire, restore, each with its words for both doors."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model

from tests.doors.request_verbs import WHY
from tests.doors.verbs import Call, Says, Verb, typed
from tests.factories import House

Start = Callable[[House], Model]
Service = Callable[..., Any]
Words = Callable[[Call], Mapping[str, Any]]


def made(
    noun: str, who: str, start: Start, service: Service, values: Words, found: Callable[[Any], Model], *,
    page: Says | None, api: Says | None, page_path: str, api_path: str = "",
) -> Verb:  # fmt: skip
    """`start` is what the new row hangs on; `values` are the keywords of the service."""
    return Verb(
        f"{noun}.create", f"{noun}.created", who, start,
        lambda call: service(actor=call.person, **values(call)), again=True, found=found,
        page=page, api=api, page_path=page_path, api_path=api_path or f"{noun}s",
    )  # fmt: skip


def edited(
    noun: str, who: str, start: Start, service: Service, values: Words, *,
    page: Says | None, api: Says | None, page_path: str = "/{noun}s/{pk}/edit",
) -> Verb:  # fmt: skip
    """`page` says every field of the form, `api` what is changed only."""
    return Verb(
        f"{noun}.edit", f"{noun}.edited", who, start, lambda call: service(**call.asked, **values(call)),
        page=page, api=api, page_path=page_path, api_path="{noun}s/{pk}", api_method="patch",
    )  # fmt: skip


def reasoned(
    name: str, event: str, who: str, start: Start, service: Service,
    page_path: str = "/{noun}s/{pk}/{verb}",
) -> Verb:  # fmt: skip
    """A verb that asks for nothing but its reason: retire, restore."""
    return Verb(
        name, event, who, start, lambda call: service(**call.asked, reason=WHY),
        page=typed(reason=WHY), api=typed(reason=WHY), page_path=page_path,
    )  # fmt: skip


def as_form(row: Model, *names: str) -> dict[str, Any]:
    """The fields of a row as its form would send them back unchanged; related rows by their id."""
    said = {}
    for name in names:
        value = getattr(row, name)
        said[name] = value.pk if isinstance(value, Model) else value
    return {name: "" if value is None or value is False else value for name, value in said.items()}
