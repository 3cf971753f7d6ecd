"""The form of a procedure: its text, and whether components follow."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from releaseorch.catalog.yaml_text import LONGEST
from releaseorch.web.forms.base import NounForm

EXAMPLE = """name: service
steps:
- key: unpack
  title: Unpack ${component} ${version}
  phase: prepare
  executor: shell
  parameters: {argv: [/opt/deploy/unpack, "${artifact_uri}", "${digest}"]}
  expected_s: 20
- key: switch
  title: Switch ${component} to ${version}
  executor: shell
  parameters: {argv: [/opt/deploy/switch, "${component}", "${version}"]}
  after: [unpack]
  installs: true
  downtime: takes_down
- key: look
  title: Look at ${component} with your own eyes
  phase: verify
  kind: manual
  instructions: |-
    1. Open ${component} in ${environment}.
    2. Check that the foot of the page says ${version}.
  after: [switch]
  downtime: brings_back
  expected_s: 300
"""


class ProcedureForm(NounForm):
    text = forms.CharField(
        label=_("Procedure, as YAML"), max_length=LONGEST, strip=False,
        widget=forms.Textarea(attrs={"rows": 28, "class": "code", "spellcheck": "false", "wrap": "off"}),
    )  # fmt: skip

    def add_present(self) -> None:
        """A whole text beside a whole text helps nobody: the page of the newest version shows what changed."""


class NextVersionForm(ProcedureForm):
    adopt = forms.BooleanField(required=False, initial=True)

    def __init__(self, *args: Any, users: int, **options: Any) -> None:
        super().__init__(*args, **options)
        if not users:
            del self.fields["adopt"]
            return
        self.fields["adopt"].label = _("Components that use this version use the next one from now on")
        self.fields["adopt"].help_text = _("Runs that are planned keep the steps they have.")
