"""How tools reach what they deploy to. Secrets go in here and never come out."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework import mixins, serializers

from releaseorch.api.v1.base import AtMost, Line, Nouns, Seen, StrictSerializer, creation, edition, verb
from releaseorch.api.v1.reading import PersonOut, Plain
from releaseorch.environments import services
from releaseorch.environments.models import Connection, ConnectionSecret, Environment
from releaseorch.environments.services.connections import LONGEST_SECRET


class SecretOut(serializers.ModelSerializer[ConnectionSecret]):
    """That it is set, by whom and when: nothing else of a secret is ever told."""

    set_by = PersonOut()

    class Meta:
        model = ConnectionSecret
        fields = ("name", "set_by", "set_at")


class ConnectionOut(serializers.ModelSerializer[Connection]):
    environment = serializers.CharField(source="environment.slug")
    config = Plain()
    secrets = SecretOut(many=True)
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = Connection
        fields = ("id", "environment", "name", "kind", "config", "steps_at_once", "secrets", "version")


class NewConnection(StrictSerializer):
    environment = serializers.SlugRelatedField("slug", queryset=Environment.objects.all())
    name = Line(max_length=100)
    kind = Line(max_length=40)
    config = Plain(default=dict)
    steps_at_once = AtMost(default=None)


class EditedConnection(Seen):
    name = Line(max_length=100, required=False)
    config = Plain(
        required=False, help_text="Where it leads to another scheme, host or port, its secrets are forgotten."
    )
    steps_at_once = AtMost(required=False)


class NamedSecret(Seen):
    name = Line(max_length=60)


class NewSecret(NamedSecret):
    secret = serializers.CharField(
        max_length=LONGEST_SECRET, trim_whitespace=False, write_only=True, style={"input_type": "password"}
    )


class ConnectionFilter(django_filters.FilterSet):
    environment = django_filters.CharFilter(field_name="environment__slug")
    name = django_filters.CharFilter()

    class Meta:
        model = Connection
        fields = ("environment", "name")


class Connections(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """By environment; steps of procedures name one."""

    scope = "settings:write"
    serializer_class = ConnectionOut
    filterset_class = ConnectionFilter

    def get_queryset(self) -> QuerySet[Connection]:
        return Connection.objects.select_related("environment").prefetch_related("secrets__set_by")

    def shown(self, changed: Any) -> Any:
        """As it was, when it was taken away."""
        return self.get_queryset().filter(pk=changed.pk).first() or changed

    create = creation(services.create_connection, NewConnection, ConnectionOut)
    partial_update = edition(services.edit_connection, EditedConnection, ConnectionOut, on="connection")
    remove = verb("remove", services.remove_connection, Seen, ConnectionOut, on="connection")
    set_secret = verb("set_secret", services.set_connection_secret, NewSecret, ConnectionOut, on="connection")
    forget_secret = verb(
        "forget_secret", services.forget_connection_secret, NamedSecret, ConnectionOut, on="connection"
    )
