"""What was typed, made clean or refused by field: the one bridge from Django's validation to `Invalid`."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from releaseorch.core import fields
from releaseorch.core.database import is_clash
from releaseorch.core.errors import Invalid
from releaseorch.core.text import normalised, plain_text

M = TypeVar("M", bound=models.Model)


def cleaned(instance: M, *exclude: str, prefix: str = "") -> M:
    """Normalise the texts of an instance and check each of its own fields; raises `Invalid` by field name.

    No query: relations are objects that the caller read, uniqueness is the database's to say.
    """
    refused: dict[str, list[str]] = {}
    skipped = set(exclude)
    for field in instance._meta.concrete_fields:
        # A state is written by transitions only, not even the same again.
        if (
            field.is_relation
            or field.primary_key
            or field.name in skipped
            or getattr(field, "protected", False)
        ):
            skipped.add(field.name)
            continue
        value = getattr(instance, field.attname)
        if isinstance(field, models.CharField | models.TextField) and isinstance(value, str):
            value = normalised(value)
            setattr(instance, field.attname, value)
            limit = field.max_length if isinstance(field, models.TextField) else None
            if limit is not None and len(value) > limit:
                refused[prefix + field.name] = [_too_long(len(value), limit)]
    try:
        instance.clean_fields(exclude=skipped)
    except ValidationError as wrong:
        for name, sentences in wrong.message_dict.items():
            refused.setdefault(prefix + name, []).extend(sentences)
    if refused:
        raise Invalid(refused)
    return instance


def insert(made: models.Model, field: str, taken: str) -> None:
    """Save a new row; what the database refuses as taken is said at `field`."""
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as broken:
        if not is_clash(broken):
            raise
        raise Invalid({field: taken}) from broken


def refuse_same_name(
    model: type[models.Model],
    name: str,
    taken: Callable[[str], str],
    *,
    besides: int | None = None,
    **within: Any,
) -> None:
    """Raise `Invalid` where another row has this name to the eye; `taken` says so of its name. One query.

    The model has a `NameKey` called `name_key`, unique in the database: two at the same moment end there.
    """
    same = model._default_manager.filter(name_key=fields.name_key(name), **within).exclude(pk=besides).first()
    if same is None:
        return
    known = str(getattr(same, "name", same))
    sentence = taken(known)
    if known != normalised(name):
        sentence += " " + _("Capitals, spaces and invisible characters don’t tell names apart.")
    raise Invalid({"name": sentence})


def free_slug(model: type[models.Model], name: str, otherwise: str, *reserved: str) -> str:
    """The name as an address that no row has: claims, claims-2 …; one query."""
    base = slugify(name)[:90].strip("-_") or otherwise
    taken = {*model._default_manager.filter(slug__startswith=base).values_list("slug", flat=True), *reserved}
    number, slug = 1, base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def slug_of(model: type[models.Model], given: str, name: str, otherwise: str, *reserved: str) -> str:
    """The address that was given, or one made of the name; raises `Invalid` where it leads elsewhere already."""
    slug = normalised(given)
    if not slug:
        return free_slug(model, name, otherwise, *reserved)
    if slug in reserved or model._default_manager.filter(slug=slug).exists():
        raise Invalid({"slug": _("This address is taken.")})
    return slug


def text_of(value: str, field: str, *, limit: int = fields.TEXT_LENGTH) -> str:
    """A text that is kept outside a model field of its own, normalised; raises `Invalid`."""
    clean = normalised(value)
    if len(clean) > limit:
        raise Invalid({field: _too_long(len(clean), limit)})
    try:
        plain_text(clean)
    except ValidationError as wrong:
        raise Invalid({field: wrong.messages}) from wrong
    return clean


def reason_text(value: str, field: str = "reason") -> str:
    """A reason that is kept for ever: not empty; raises `Invalid`."""
    clean = text_of(value, field)
    if not clean:
        raise Invalid({field: _("Say why, in a few words; it is kept with the decision.")})
    return clean


def _too_long(length: int, limit: int) -> str:
    return _("This has %(length)d characters; %(limit)d are the most.") % {"length": length, "limit": limit}
