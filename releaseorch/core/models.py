"""The base model whose save is guarded (what was changed in between is never overwritten), signs of life, holds."""

from collections.abc import Iterable
from typing import Any, ClassVar, Self, TypeVar

from django.db import DEFAULT_DB_ALIAS, IntegrityError, models, transaction
from django.utils.translation import gettext as _

from releaseorch.core import clock
from releaseorch.core.database import is_clash
from releaseorch.core.errors import Conflict

M = TypeVar("M", bound=models.Model)


class StatefulModel(models.Model):
    """A row with a protected state field, which only transitions write."""

    class Meta:
        abstract = True

    def refresh_from_db(self, using: Any = None, fields: Any = None, from_queryset: Any = None) -> None:
        """Read the row again without switching the state field's protection off, not even for a moment."""
        manager = from_queryset if from_queryset is not None else type(self)._base_manager
        fresh = manager.db_manager(using).get(pk=self.pk) if using else manager.get(pk=self.pk)
        if fields is None:
            self.__dict__.clear()
            self.__dict__.update(fresh.__dict__)
            return
        for name in fields:
            attname = str(getattr(self._meta.get_field(name), "attname", name))
            self.__dict__[attname] = fresh.__dict__[attname]
            self._state.fields_cache.pop(name, None)


class GuardedModel(StatefulModel):
    """A row with a lifecycle: saved by `UPDATE … WHERE id, state, row_version`; 0 rows raise `Conflict`.

    The version defeats approve → edit → stale approve (a state alone would match again).
    Django's own save would fall through to an INSERT when the row is gone.
    """

    row_version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        if self._state.adding:
            super().save(*args, **kwargs)
            self._remember()
            return
        self._save_guarded(set(update_fields) if update_fields is not None else None)

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        instance = super().from_db(*args, **kwargs)
        instance._remember()
        return instance

    def _remember(self) -> None:
        self._guard = {
            name: self.__dict__[name]
            for name in ("row_version", "state")
            if name in self.__dict__  # a deferred field must not cost a query per row
        }

    def _save_guarded(self, names: set[str] | None) -> None:
        if not hasattr(self, "_guard"):  # inserted in bulk
            self._remember()
        guard = dict(self._guard)
        values: dict[str, Any] = {}
        for field in self._meta.concrete_fields:
            if field.primary_key or field.name == "row_version":
                continue
            if self._is_written(field, names):
                values[field.name] = field.pre_save(self, add=False)
        values["row_version"] = guard["row_version"] + 1
        try:
            with transaction.atomic():
                changed = type(self)._base_manager.filter(pk=self.pk, **guard).update(**values)
        except IntegrityError as broken:
            if not is_clash(broken):
                raise
            raise Conflict(_("Somebody else was first. Look at how it stands now.")) from broken
        if not changed:
            raise self._changed()
        self.row_version = values["row_version"]
        self._remember()

    def _is_written(self, field: Any, names: set[str] | None) -> bool:
        """A field that follows another one is written with it."""
        if names is None:
            return field.attname in self.__dict__
        return field.name in names or getattr(field, "follows", None) in names

    def check_version(self, seen: int | None) -> None:
        """Refuse a verb that was pressed on an older picture of this row; `None` means the caller read it just now."""
        if seen is not None and seen != self.row_version:
            raise Conflict(
                _("%(what)s was changed since you opened this page. Look at how it stands now.")
                % {"what": str(self)}
            )

    def check_unchanged(self) -> None:
        """Refuse to go on with a row that somebody else has saved since it was read."""
        if not type(self)._base_manager.filter(pk=self.pk, row_version=self.row_version).exists():
            raise self._changed()

    def _changed(self) -> Conflict:
        return Conflict(
            _("%(what)s was changed by somebody else in between. Look at how it stands now.")
            % {"what": str(self)}
        )


class SignOfLife(models.Model):
    """A process of this installation: when the database heard of it last, and what keeps it from its work."""

    process = models.CharField(max_length=20)
    host = models.CharField(max_length=200)
    pid = models.PositiveIntegerField()
    at = models.DateTimeField()  # by the database's clock
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["process", "host", "pid"], name="core_one_sign_per_process"),
        ]

    def __str__(self) -> str:
        return f"{self.process} {self.pid} on {self.host}"


class Hold(GuardedModel):
    """The database is older than what was done by it: no automated step begins until a person releases this.

    `evidence` is what was known when it was set (`audit.high_water`). Who released it is a soft reference.
    `doubted_runs` are those of which nobody vouched that nothing of them happened since the backup: each of their
    automated steps asks a person before it begins.
    """

    is_open = models.BooleanField(default=True)
    set_at = models.DateTimeField(default=clock.now)
    reason = models.TextField()
    evidence = models.JSONField(default=dict)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by_id = models.BigIntegerField(null=True, blank=True)
    released_by_name = models.CharField(max_length=200, blank=True, default="")
    release_reason = models.TextField(blank=True, default="")
    doubted_runs = models.JSONField(default=list, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_open"], condition=models.Q(is_open=True), name="core_one_open_hold"
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"


def known_by(model: type[M], **columns: Any) -> M:
    """An object of a row of which another query has read these columns; the others are read when they are asked for."""
    names = [field.attname for field in model._meta.concrete_fields if field.attname in columns]
    return model.from_db(DEFAULT_DB_ALIAS, names, [columns[name] for name in names])
