"""People, teams, who has which role where, and tokens."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from releaseorch.accounts.roles import Role, ScopeKind
from releaseorch.core import clock, fields
from releaseorch.core.models import GuardedModel


class PersonKind(models.TextChoices):
    HUMAN = "human", _("person")
    ROBOT = "robot", _("robot")


LOG_IN_FIELDS = frozenset({"last_login", "password"})


class PeopleManager(BaseUserManager["Person"]):
    def create_user(self, username: str, password: str | None = None, **values: object) -> "Person":
        """A person who can log in; without a password nobody can log in as them."""
        person = self.model(username=username, **values)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(GuardedModel, AbstractBaseUser):
    """Somebody (or some robot) who acts; also the account that logs in. Never deleted: history names them."""

    username = models.CharField(
        max_length=100,
        unique=True,
        validators=[
            RegexValidator(
                r"^[a-z0-9][a-z0-9._@-]*\Z", _("A user name has small letters, digits and . _ @ - only.")
            )
        ],
    )
    name = fields.name()
    name_key = fields.NameKey()  # not unique: two people of a source may have one name
    email = models.EmailField(blank=True, default="")
    contact = fields.name(blank=True, default="")
    kind = models.CharField(max_length=10, choices=PersonKind, default=PersonKind.HUMAN)
    is_active = models.BooleanField(default=True)
    teams: "models.ManyToManyField[Team, TeamMember]" = models.ManyToManyField(
        "Team", through="TeamMember", related_name="members"
    )

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[PeopleManager] = PeopleManager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Guarded, but for what Django writes when somebody logs in: two log-ins at once are no conflict.

        No fields at all is guarded too: it raises the version, so that an older picture is refused.
        """
        if update_fields is not None:
            update_fields = list(update_fields)  # read twice
        if update_fields and set(update_fields) <= LOG_IN_FIELDS:
            models.Model.save(self, *args, update_fields=update_fields, **kwargs)
        else:
            super().save(*args, update_fields=update_fields, **kwargs)

    def get_full_name(self) -> str:
        return self.name

    @property
    def is_robot(self) -> bool:
        return self.kind == PersonKind.ROBOT


class Team(GuardedModel):
    """People who own applications and take steps together."""

    name = fields.name(unique=True)
    name_key = fields.NameKey(unique=True)
    slug = models.SlugField(max_length=100, unique=True)
    contact = fields.name(blank=True, default="")
    on_call_note = fields.text()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team", "person"], name="accounts_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.team}"


class RoleGrant(models.Model):
    """A role for a person or a whole team, within a scope and a time; revoked ones stay for the record."""

    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="grants")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="grants")
    role = models.CharField(max_length=20, choices=Role)
    scope_kind = models.CharField(max_length=20, choices=ScopeKind, default=ScopeKind.EVERYWHERE)
    scope_id = models.BigIntegerField(null=True, blank=True)
    scope_name = models.CharField(max_length=200, blank=True, default="")
    valid_from = models.DateTimeField(default=clock.now)
    valid_until = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    audit_kind = "role"

    class Meta:
        ordering: ClassVar = ["role", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=models.F("valid_from")),
                name="accounts_grant_lasts",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False, team__isnull=True)
                | Q(person__isnull=True, team__isnull=False),
                name="accounts_grant_person_or_team",
            ),
            models.CheckConstraint(
                condition=Q(scope_kind=ScopeKind.EVERYWHERE, scope_id__isnull=True)
                | (~Q(scope_kind=ScopeKind.EVERYWHERE) & Q(scope_id__isnull=False)),
                name="accounts_grant_scope_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.person or self.team}"

    @property
    def is_over(self) -> bool:
        """It was taken back, or its time has passed."""
        return self.revoked_at is not None or (
            self.valid_until is not None and self.valid_until <= clock.now()
        )

    @property
    def reach(self) -> str:
        """Where it counts, for people."""
        return self.scope_name or str(self.get_scope_kind_display())


class Token(models.Model):
    """An API token; only its SHA-256 is kept, the text is shown once when it is made."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="tokens")
    name = fields.name()
    prefix = models.CharField(max_length=12)
    hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Identity(models.Model):
    """Who a person is at an OpenID provider: found by issuer and subject, which never change, not by the e-mail."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)
    linked_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="accounts_identity_of_one_person"),
            models.UniqueConstraint(fields=["person", "issuer"], name="accounts_identity_once_at_an_issuer"),
        ]

    def __str__(self) -> str:
        return f"{self.person} at {self.issuer}"


class SecondFactor(models.Model):
    """The secret that a person's phone makes codes of, sealed; it counts from its first right code on."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="second_factor")
    key_id = models.CharField(max_length=40)
    sealed = models.BinaryField()
    made_at = models.DateTimeField(default=clock.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    used_step = models.BigIntegerField(default=0)  # codes of this half minute and of earlier ones were used
    wrong = models.PositiveIntegerField(default=0)  # in a row
    paused_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"second factor of {self.person}"

    @property
    def place(self) -> str:
        """Where it belongs; sealed together with it, so that it opens nowhere else."""
        return f"second-factor:{self.person_id}"


class RecoveryCode(models.Model):
    """Counts once in place of a code of the phone; only its SHA-256 is kept, the text is shown once."""

    factor = models.ForeignKey(SecondFactor, models.CASCADE, related_name="codes")
    hash = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["factor", "hash"], name="accounts_recovery_code_once"),
        ]

    def __str__(self) -> str:
        return f"recovery code of {self.factor.person}"
