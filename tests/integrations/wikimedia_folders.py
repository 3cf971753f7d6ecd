"""Tiny folders in the shape of the set `wikimedia`, to be broken one row at a time."""

from pathlib import Path

STATE = "service,component,environment,version\n"
DEPENDENCIES = "service,depends_on,declared_in\n"
DEPLOYMENTS = (
    "merged_at,requested_at,service,component,environment,kind,old_version,new_version,requester,"
    "integrated_by,change_requests,change_id,commit,subject\n"
)
START = "thumbor,thumbor,staging,v1\nthumbor,thumbor,eqiad,v1\n"
END = "thumbor,thumbor,staging,v2\nthumbor,thumbor,eqiad,v1\n"


def deployment(**changes: str) -> str:
    """One good row of deployments.csv, with these columns changed."""
    row = {
        "merged_at": "2024-06-10T08:00:00Z",
        "requested_at": "2024-06-09T08:00:00Z",
        "service": "thumbor",
        "component": "thumbor",
        "environment": "staging",
        "kind": "deploy",
        "old_version": "v1",
        "new_version": "v2",
        "requester": "Ada",
        "integrated_by": "jenkins-bot",
        "change_requests": "T1 T22",
        "change_id": "I1",
        "commit": "c1",
        "subject": "thumbor: new image",
    }
    return ",".join({**row, **changes}.values()) + "\n"


def make_folder(
    folder: Path, deployments: str | bytes = "", start: str = "", end: str = "", dependencies: str = ""
) -> Path:
    (folder / "state_at_start.csv").write_text(STATE + start)
    (folder / "state_at_end.csv").write_text(STATE + end)
    (folder / "dependencies.csv").write_text(DEPENDENCIES + dependencies)
    content = deployments if isinstance(deployments, bytes) else deployments.encode()
    (folder / "deployments.csv").write_bytes(DEPLOYMENTS.encode() + content)
    return folder
