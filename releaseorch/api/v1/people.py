"""People and the roles that they have; a link that opens an account is shown on a page only."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from releaseorch.accounts import services
from releaseorch.accounts.models import Person, PersonKind, RoleGrant, Team
from releaseorch.accounts.roles import Role
from releaseorch.api.v1.base import (
    REPEATABLE,
    Line,
    Nouns,
    Reasoned,
    Seen,
    SeenReasoned,
    StrictSerializer,
    Text,
    creation,
    edition,
    verb,
)
from releaseorch.environments import reach


def _person(**options: Any) -> Any:
    return serializers.SlugRelatedField("username", queryset=Person.objects.all(), **options)


def _team(**options: Any) -> Any:
    return serializers.SlugRelatedField("slug", queryset=Team.objects.all(), **options)


class PersonFull(serializers.ModelSerializer[Person]):
    teams = serializers.SlugRelatedField[Any]("slug", many=True, read_only=True)
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = Person
        fields = ("id", "username", "name", "kind", "email", "contact", "is_active", "teams", "version")


class GrantOut(serializers.ModelSerializer[RoleGrant]):
    person = serializers.SlugRelatedField[Any]("username", read_only=True)
    team = serializers.SlugRelatedField[Any]("slug", read_only=True)
    reach = serializers.SerializerMethodField(help_text="everywhere, or the kind and id of the place.")

    class Meta:
        model = RoleGrant
        fields = (
            "id", "person", "team", "role", "reach", "scope_name", "valid_from", "valid_until", "revoked_at",
        )  # fmt: skip

    def get_reach(self, grant: RoleGrant) -> str:
        return f"{grant.scope_kind}-{grant.scope_id}" if grant.scope_id else str(grant.scope_kind)


class NewPerson(StrictSerializer):
    username = Line(max_length=100)
    name = Line()
    email = Line(max_length=254, required=False, default="", allow_blank=True)
    contact = Line(required=False, default="", allow_blank=True)
    kind = serializers.ChoiceField(PersonKind.choices, required=False, default=PersonKind.HUMAN)


class PersonEdit(Seen):
    name = Line(required=False)
    email = Line(max_length=254, required=False, allow_blank=True)
    contact = Line(required=False, allow_blank=True)


class Heir(StrictSerializer):
    """Who gets one holding, or all that are not named."""

    holding = Line(required=False, default="", allow_blank=True, help_text="Its key; empty: all others.")
    person = _person(required=False, allow_null=True, default=None)
    team = _team(required=False, allow_null=True, default=None)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if (given["person"] is None) == (given["team"] is None):
            raise serializers.ValidationError({"person": [_("Name a person or a team.")]})
        return given


class Deactivation(SeenReasoned):
    heirs = Heir(many=True, required=False, default=list)

    def to_internal_value(self, data: Any) -> Any:
        taken = super().to_internal_value(data)
        heirs = {one["holding"]: one["person"] or one["team"] for one in taken.pop("heirs")}
        return {**taken, "rest": heirs.pop("", None), "heirs": heirs}


class NewGrant(StrictSerializer):
    person = _person(required=False, allow_null=True, default=None)
    team = _team(required=False, allow_null=True, default=None)
    role = serializers.ChoiceField(Role.choices)
    reach = Line(
        required=False, default="everywhere", help_text="everywhere, team-1, application-1, environment-1"
    )
    valid_from = serializers.DateTimeField(required=False, allow_null=True, default=None)
    valid_until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    reason = Text(required=False, default="", allow_blank=True)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        person, team = given.pop("person"), given.pop("team")
        if (person is None) == (team is None):
            raise serializers.ValidationError({"person": [_("Name a person or a team.")]})
        return {**given, "to": person or team}


class PersonFilter(django_filters.FilterSet):
    team = django_filters.CharFilter(field_name="teams__slug")

    class Meta:
        model = Person
        fields = ("username", "kind", "is_active", "team")


class GrantFilter(django_filters.FilterSet):
    person = django_filters.CharFilter(field_name="person__username")
    team = django_filters.CharFilter(field_name="team__slug")

    class Meta:
        model = RoleGrant
        fields = ("person", "team", "role")


class People(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Everybody who may act, robots too."""

    scope = "settings:write"
    serializer_class = PersonFull
    filterset_class = PersonFilter

    def get_queryset(self) -> QuerySet[Person]:
        return Person.objects.prefetch_related("teams").distinct()

    create = creation(services.create_person, NewPerson, PersonFull)
    partial_update = edition(services.edit_person, PersonEdit, PersonFull, on="person")
    deactivate = verb("deactivate", services.deactivate_person, Deactivation, PersonFull, on="person")
    unlink = verb("unlink", services.unlink_person, SeenReasoned, PersonFull, on="person")
    reset_second_factor = verb(
        "reset_second_factor", services.reset_second_factor, SeenReasoned, PersonFull, on="person"
    )
    reactivate = verb("reactivate", services.reactivate_person, SeenReasoned, PersonFull, on="person")


class Grants(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Roles of people and teams, with where and how long they count."""

    scope = "settings:write"
    serializer_class = GrantOut
    filterset_class = GrantFilter

    def get_queryset(self) -> QuerySet[RoleGrant]:
        return RoleGrant.objects.select_related("person", "team")

    @extend_schema(request=NewGrant, responses={201: GrantOut}, parameters=[REPEATABLE])
    def create(self, request: Request) -> Response:
        """Grant a role to a person or a team; nobody grants one to themselves."""

        def grant() -> Response:
            taken = self.taken(NewGrant)
            taken["reach"] = reach.reach_of(taken["reach"])
            made = services.grant_role(actor=self.person, **taken)
            return Response(GrantOut(made).data, status=status.HTTP_201_CREATED)

        return self.once(grant)

    revoke = verb("revoke", services.revoke_role, Reasoned, GrantOut, on="grant")
