"""What somebody typed into a form and has not saved yet."""

from typing import Any, ClassVar

from django.db import models
from django.http import QueryDict

from releaseorch.accounts.models import Person
from releaseorch.core import clock


class KeptForm(models.Model):
    """The fields of one form as one person typed them last; nobody else sees them, and audit doesn't know them.

    `turn` counts how often the form was saved or started over. A window that drew it in an earlier turn keeps nothing
    any more: what was submitted in another window must not come back. So the row stays, with `fields` None.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    address = models.CharField(max_length=500)  # where the form is sent
    page = models.CharField(max_length=500)  # where it stands
    fields = models.JSONField(null=True)  # [name, value] pairs, in order
    turn = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "address"], name="web_kept_form_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["at"], name="web_kept_form_at")]

    def __str__(self) -> str:
        return f"{self.address} of {self.person_id}"

    @property
    def posted(self) -> QueryDict:
        """As if it had just been sent."""
        found = QueryDict(mutable=True)
        pairs: list[list[Any]] = self.fields or []
        for name, value in pairs:
            found.appendlist(name, value)
        return found
