"""What a person puts down when a step is done or failed: checked here, kept for ever."""

from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core import checked
from releaseorch.core.errors import Invalid
from releaseorch.core.text import plain_line
from releaseorch.runs import rights
from releaseorch.runs.models import Evidence, Step

LARGEST_FILE = 10 * 1024 * 1024


def checked_evidence(
    step: Step, person: Person, note: str, url: str = "", file: UploadedFile | None = None
) -> Evidence:
    """An evidence that isn't saved yet; raises `Invalid` by field."""
    found = Evidence(step=step, person=person, note=rights.reason(note, "note"), url=url.strip())
    if file is not None:
        found.file_name = _name_of(file)
        # Stored under a name of ours: what people call their file never becomes a path.
        found.file.save(f"step-{step.pk}", file, save=False)
    return checked.cleaned(found, "file", "file_name")


def _name_of(file: UploadedFile) -> str:
    if (file.size or 0) > LARGEST_FILE:
        raise Invalid({"file": _("A file may have up to 10 MB. Put a link to it instead.")})
    name = PurePath(str(file.name or _("file"))).name[-200:]
    try:
        plain_line(name)
    except ValidationError as wrong:
        raise Invalid({"file": wrong.messages}) from wrong
    return name
