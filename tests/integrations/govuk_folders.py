"""Tiny folders in the shape of the set `govuk`, to be broken one row at a time."""

from pathlib import Path

DEPLOYMENTS = (
    "merged_at,requested_at,environment,app,kind,old_version,new_version,old_automatic_deploys,"
    "new_automatic_deploys,old_promote,new_promote,requester,approver,pull_request,commit\n"
)
STATE = "environment,app,version,automatic_deploys_enabled,promote_deployment,since\n"
COMPONENTS = "component,application,environments\n"
DEPENDENCIES = "application,depends_on,evidence,component\n"
START = "integration,frontend,v1,true,true,2023-12-01T10:00:00Z\n"
END = "integration,frontend,v2,true,true,2024-06-10T08:00:00Z\n"
TWO_COMPONENTS = "frontend,frontend,integration production\ndraft-frontend,frontend,integration\n"
REPOS = """
- repo_name: frontend
  team: "#frontend-team"
  production_hosted_on: eks
"""


def deployment(**changes: str) -> str:
    """One good row of deployments.csv, with these columns changed."""
    row = {
        "merged_at": "2024-06-10T08:00:00Z",
        "requested_at": "2024-06-10T07:59:58Z",
        "environment": "integration",
        "app": "frontend",
        "kind": "deploy",
        "old_version": "v1",
        "new_version": "v2",
        "old_automatic_deploys": "true",
        "new_automatic_deploys": "true",
        "old_promote": "true",
        "new_promote": "true",
        "requester": "govuk-ci",
        "approver": "GOV.UK Continuous Integration User",
        "pull_request": "",
        "commit": "c1",
    }
    return ",".join({**row, **changes}.values()) + "\n"


def make_folder(
    folder: Path,
    deployments: str | bytes = "",
    *,
    start: str = START,
    end: str = END,
    components: str = TWO_COMPONENTS,
    dependencies: str = "",
    repos: str = REPOS,
) -> Path:
    (folder / "state_at_start.csv").write_text(STATE + start)
    (folder / "state_at_end.csv").write_text(STATE + end)
    (folder / "components.csv").write_text(COMPONENTS + components)
    (folder / "dependencies.csv").write_text(DEPENDENCIES + dependencies)
    (folder / "repos.yml").write_text(repos)
    content = deployments if isinstance(deployments, bytes) else deployments.encode()
    (folder / "deployments.csv").write_bytes(DEPLOYMENTS.encode() + content)
    return folder
