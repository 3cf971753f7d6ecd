"""The verbs of the catalog: applications, components, dependencies, procedures and versions."""

from releaseorch.catalog.services.applications import (
    create_application,
    edit_application,
    restore_application,
    retire_application,
)
from releaseorch.catalog.services.components import (
    create_component,
    edit_component,
    restore_component,
    retire_component,
)
from releaseorch.catalog.services.dependencies import add_dependency, remove_dependency
from releaseorch.catalog.services.procedures import ProcedureStepDraft, create_procedure, edit_procedure
from releaseorch.catalog.services.rights import scope_of
from releaseorch.catalog.services.versions import block_version, register_version, unblock_version

__all__ = [
    "ProcedureStepDraft",
    "add_dependency",
    "block_version",
    "create_application",
    "create_component",
    "create_procedure",
    "edit_application",
    "edit_component",
    "edit_procedure",
    "register_version",
    "remove_dependency",
    "restore_application",
    "restore_component",
    "retire_application",
    "retire_component",
    "scope_of",
    "unblock_version",
]
