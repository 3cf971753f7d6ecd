"""The caller's own inbox."""

from django.db.models import QuerySet
from django_filters import BooleanFilter, FilterSet
from rest_framework import mixins, serializers

from releaseorch.api.v1.base import Nouns
from releaseorch.notifications.models import InboxEntry


class EntryOut(serializers.ModelSerializer[InboxEntry]):
    class Meta:
        model = InboxEntry
        fields = ("id", "at", "kind", "sentence", "why", "link", "subject_kind", "subject_id", "read_at")


class EntryFilter(FilterSet):
    unread = BooleanFilter(field_name="read_at", lookup_expr="isnull")

    class Meta:
        model = InboxEntry
        fields = ("kind", "unread")


class Inbox(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """What the caller was told, newest first; nobody reads the inbox of another."""

    serializer_class = EntryOut
    filterset_class = EntryFilter

    def get_queryset(self) -> QuerySet[InboxEntry]:
        return InboxEntry.objects.filter(person=self.request.user.pk, in_inbox=True)
