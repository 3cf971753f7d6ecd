"""The verbs of the catalog: applications, components, dependencies, procedures and versions."""

from releaseorch.catalog.services.applications import create_application, create_component
from releaseorch.catalog.services.dependencies import add_dependency, remove_dependency
from releaseorch.catalog.services.procedures import ProcedureStepDraft, create_procedure
from releaseorch.catalog.services.rights import scope_of
from releaseorch.catalog.services.versions import block_version, register_version, unblock_version

__all__ = [
    "ProcedureStepDraft",
    "add_dependency",
    "block_version",
    "create_application",
    "create_component",
    "create_procedure",
    "register_version",
    "remove_dependency",
    "scope_of",
    "unblock_version",
]
