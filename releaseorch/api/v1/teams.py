"""Teams and who is in them."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins, serializers

from releaseorch.accounts import services
from releaseorch.accounts.models import Person, Team
from releaseorch.api.v1.base import (
    Line,
    Nouns,
    Seen,
    SeenReasoned,
    StrictSerializer,
    Text,
    creation,
    edition,
    verb,
)


class TeamFull(serializers.ModelSerializer[Team]):
    members = serializers.SlugRelatedField[Any]("username", many=True, read_only=True)
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = Team
        fields = ("id", "slug", "name", "contact", "on_call_note", "retired_at", "members", "version")


class NewTeam(StrictSerializer):
    name = Line()
    slug = serializers.SlugField(max_length=100, required=False, default="", allow_blank=True)
    contact = Line(required=False, default="", allow_blank=True)
    on_call_note = Text(required=False, default="", allow_blank=True)


class TeamEdit(Seen):
    name = Line(required=False)
    contact = Line(required=False, allow_blank=True)
    on_call_note = Text(required=False, allow_blank=True)


class Member(Seen):
    person = serializers.SlugRelatedField("username", queryset=Person.objects.all())


class Teams(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Who owns applications and takes steps together."""

    scope = "settings:write"
    serializer_class = TeamFull

    def get_queryset(self) -> QuerySet[Team]:
        return Team.objects.prefetch_related("members")

    def shown(self, changed: Team) -> Team:
        return self.get_queryset().get(pk=changed.pk)

    create = creation(services.create_team, NewTeam, TeamFull)
    partial_update = edition(services.edit_team, TeamEdit, TeamFull, on="team")
    add_member = verb("add_member", services.add_member, Member, TeamFull, on="team")
    remove_member = verb("remove_member", services.remove_member, Member, TeamFull, on="team")
    retire = verb("retire", services.retire_team, SeenReasoned, TeamFull, on="team")
