"""The verbs of features and releases: what is wanted, where it stands, which version holds it."""

from releaseorch.features.services.editing import (
    add_application,
    edit_feature,
    remove_application,
    why_not_edit,
)
from releaseorch.features.services.features import create_feature, set_feature_status
from releaseorch.features.services.moving import move_feature
from releaseorch.features.services.release_moves import (
    abandon_release,
    begin_release,
    complete_release,
    complete_release_with_exceptions,
    lock_release,
)
from releaseorch.features.services.releases import (
    create_release,
    edit_release,
    set_release_features,
    set_release_milestones,
)
from releaseorch.features.services.versions import register_version_with_features

__all__ = [
    "abandon_release",
    "add_application",
    "begin_release",
    "complete_release",
    "complete_release_with_exceptions",
    "create_feature",
    "create_release",
    "edit_feature",
    "edit_release",
    "lock_release",
    "move_feature",
    "register_version_with_features",
    "remove_application",
    "set_feature_status",
    "set_release_features",
    "set_release_milestones",
    "why_not_edit",
]
