"""How rows are shown: small serializers that several nouns share."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from releaseorch.accounts.models import Person, Team


class PersonOut(serializers.ModelSerializer[Person]):
    class Meta:
        model = Person
        fields = ("id", "username", "name", "kind")


class TeamOut(serializers.ModelSerializer[Team]):
    class Meta:
        model = Team
        fields = ("id", "slug", "name", "contact", "on_call_note")


class Named(serializers.Serializer[Any]):
    """A reference to something else: its id and its name."""

    id = serializers.IntegerField()
    name = serializers.SerializerMethodField()

    def get_name(self, row: Any) -> str:
        return str(getattr(row, "name", row))


class ActionOut(serializers.Serializer[Any]):
    """A verb that may be called now, or the sentence why not (`core.actions.Action`)."""

    verb = serializers.CharField()
    name = serializers.CharField(source="label")
    allowed = serializers.BooleanField()
    why_not = serializers.CharField()
    needs_reason = serializers.BooleanField()
    consequence = serializers.CharField()


class WaitOut(serializers.Serializer[Any]):
    """What a thing waits for, since when."""

    kind = serializers.CharField(source="blocker_kind")
    name = serializers.CharField(source="blocker_name")
    sentence = serializers.CharField()
    since = serializers.DateTimeField(source="started_at")


@extend_schema_field({"type": "object", "additionalProperties": True})
class Plain(serializers.JSONField):
    """A JSON object as it is stored."""
