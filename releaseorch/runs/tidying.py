"""What attempts may not leave on this host: done by the housekeeper, and by each worker from its start on.

Nothing is asked of the database: files say themselves whether somebody still needs them, also those of attempts that a
restored database has never heard of.
"""

import logging
import threading

from releaseorch.executors.shell import orphan
from releaseorch.runs.engine import places

logger = logging.getLogger(__name__)
EVERY_S = 60.0


def tidy() -> int:
    """Remove the secrets of scripts that are gone; a folder that can't be read doesn't stop the others."""
    removed = 0
    try:
        found = sorted(places.folder().iterdir())
    except FileNotFoundError:
        return 0
    for place in found:
        try:
            removed += orphan.remove_secrets(place)
        except Exception:
            logger.exception("%s could not be tidied", place)
    if removed:
        logger.warning("the secrets of %d scripts whose wrapper was killed were removed", removed)
    return removed


def keep_tidying() -> threading.Thread:
    """Tidy now and then again and again, in a thread of its own, until this process ends."""
    thread = threading.Thread(target=_tidy_for_ever, name="tidying", daemon=True)
    thread.start()
    return thread


def _tidy_for_ever() -> None:
    pause = threading.Event()
    while True:
        try:
            tidy()
        except OSError as closed:
            logger.warning("attempts could not be tidied: %s", closed)
        pause.wait(EVERY_S)
