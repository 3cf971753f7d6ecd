"""The form by which a person registers a version that no pipeline has told of."""

from collections.abc import Sequence
from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from releaseorch.web.forms.applications import Tags
from releaseorch.web.forms.base import Group, NounForm


class VersionForm(NounForm):
    text = forms.CharField(label=_("Version"), max_length=150, help_text=_("As your builds call it."))
    built_at = forms.DateTimeField(
        label=_("Built"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    artifact_uri = forms.CharField(
        label=_("Artifact"), max_length=1000, required=False, help_text=_("Where it is fetched from.")
    )
    digest = forms.CharField(
        label=_("Digest"), max_length=200, required=False,
        help_text=_("Such as sha256:91c4…; a version never changes its artifact."),
    )  # fmt: skip
    commit = forms.CharField(label=_("Commit"), max_length=64, required=False)
    build_url = forms.CharField(label=_("Build"), max_length=1000, required=False, help_text=_("A link."))
    features = Tags(
        label=_("Features it holds"), max_length=5000, required=False,
        help_text=_("Their keys, with commas between them."),
    )  # fmt: skip

    groups: ClassVar[Sequence[Group]] = (
        Group(_("What was built"), ("text", "built_at", "artifact_uri", "digest")),
        Group(_("Where it comes from"), ("commit", "build_url", "features")),
    )
