"""What the viewsets share: strict serializers, strict query parameters, idempotent verbs."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from releaseorch.accounts.models import Person
from releaseorch.api import idempotency
from releaseorch.core.fields import LARGEST_LIMIT
from releaseorch.core.text import plain_line, plain_text


class AtMost(serializers.IntegerField):
    """A limit from one on; null = none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": LARGEST_LIMIT, "allow_null": True, **options})


class StrictSerializer(serializers.Serializer[Any]):
    """Input: a field that isn't known is refused, not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise ValidationError({name[:100]: [_("There is no such field.")] for name in unknown})
        return super().to_internal_value(data)


class Line(serializers.CharField):
    """One line that people read."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 200)
        super().__init__(**options)
        self.validators.append(plain_line)


class Text(serializers.CharField):
    """Several lines."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 10_000)
        super().__init__(**options)
        self.validators.append(plain_text)


class Id(serializers.IntegerField):
    """A number as people say it, within what the databases hold."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **options)


class Empty(StrictSerializer):
    """The body of a verb that takes nothing."""


class Seen(StrictSerializer):
    """The version of the object that the caller has seen, if it wants to be sure."""

    version = serializers.IntegerField(
        required=False, min_value=0, help_text="Refused with 409 when it has changed since."
    )


class Reasoned(StrictSerializer):
    reason = Text(min_length=3)


class SeenReasoned(Seen):
    reason = Text(min_length=3)


class SeenMaybeReasoned(Seen):
    reason = Text(required=False, default="", allow_blank=True)


class SeenCommented(Seen):
    comment = Text(required=False, default="", allow_blank=True)


class Nouns(viewsets.GenericViewSet[Any]):
    """The base of every viewset: unknown query parameters are refused, verbs are idempotent by key."""

    scope = "read"
    parameters: frozenset[str] = frozenset()  # besides those of the filter set and the pages
    lookup_value_regex = r"[1-9][0-9]{0,17}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        unknown = sorted(set(request.query_params) - self.known_parameters())
        if unknown:
            raise ValidationError({name[:100]: [_("There is no such parameter.")] for name in unknown})

    def known_parameters(self) -> frozenset[str]:
        known = self.parameters | {"format"}
        if self.action == "list":
            filters = getattr(self, "filterset_class", None)
            known |= {"cursor", "limit"} | (frozenset(filters.base_filters) if filters else frozenset())
        return known

    @property
    def person(self) -> Person:
        assert isinstance(self.request.user, Person)
        return self.request.user

    def shown(self, changed: Any) -> Any:
        """What a verb's answer shows: the object as it is now."""
        return changed

    def taken(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The validated body; field errors are answered with 422."""
        body = serializer(data=self.request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    def once(self, call: Callable[[], Response]) -> Response:
        return idempotency.once(self.request, self.person, call)


REPEATABLE = OpenApiParameter(
    idempotency.HEADER,
    str,
    OpenApiParameter.HEADER,
    description="The same key again: the stored answer, no second effect.",
)


def verb(
    name: str,
    service: Callable[..., Model],
    body: type[serializers.Serializer[Any]],
    answer: type[serializers.BaseSerializer[Any]],
    *,
    on: str,
) -> Any:
    """The action `POST …/<id>/<name>`: the body's fields are the keywords of `service`, `version` is what was seen.

    `on` is the keyword under which the service takes the object; what the service returns is shown by `answer`.
    """

    def call(self: Nouns, request: Request, pk: str) -> Response:
        def once() -> Response:
            taken = self.taken(body)
            if "version" in body().fields:
                taken["seen"] = taken.pop("version", None)
            changed = service(actor=self.person, **{on: self.get_object()}, **taken)
            return Response(answer(self.shown(changed), context=self.get_serializer_context()).data)

        return self.once(once)

    call.__name__ = name
    call.__doc__ = (service.__doc__ or "").split("\n")[0]
    made = action(detail=True, methods=["post"], url_path=name.replace("_", "-"))(call)
    # Last of all, or it is lost.
    return extend_schema(request=body, responses=answer, parameters=[REPEATABLE])(made)


def creation(
    service: Callable[..., Model],
    body: type[serializers.Serializer[Any]],
    answer: type[serializers.BaseSerializer[Any]],
) -> Any:
    """The action `POST …`: the body's fields are the keywords of `service`; 201 with what was made."""

    def create(self: Nouns, request: Request) -> Response:
        def once() -> Response:
            made = service(actor=self.person, **self.taken(body))
            shown = answer(self.shown(made), context=self.get_serializer_context()).data
            return Response(shown, status=status.HTTP_201_CREATED)

        return self.once(once)

    create.__doc__ = (service.__doc__ or "").split("\n")[0]
    return extend_schema(request=body, responses={201: answer}, parameters=[REPEATABLE])(create)


def edition(
    service: Callable[..., Model],
    body: type[serializers.Serializer[Any]],
    answer: type[serializers.BaseSerializer[Any]],
    *,
    on: str,
) -> Any:
    """The action `PATCH …/<id>`: what is given is changed, `version` is what was seen; else as `verb`."""

    def partial_update(self: Nouns, request: Request, pk: str) -> Response:
        def once() -> Response:
            taken = self.taken(body)
            seen = taken.pop("version", None)
            changed = service(actor=self.person, **{on: self.get_object()}, seen=seen, **taken)
            return Response(answer(self.shown(changed), context=self.get_serializer_context()).data)

        return self.once(once)

    partial_update.__doc__ = (service.__doc__ or "").split("\n")[0]
    return extend_schema(request=body, responses=answer, parameters=[REPEATABLE])(partial_update)
