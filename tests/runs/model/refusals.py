"""Which of the model's reasons a sentence of the product is about."""

import re

from releaseorch.core.errors import DomainError

SENTENCES = {
    "who": r"takes? this step|who says how it went|a robot never does|needs one of the roles",
    "state": r"now, so this can't be done|isn't over; it can't begin again|; it can't begin again"
    r"|that people can take now|says itself how it went",
    "run": r"The run is|#\d+ is [\w ]+ now\.$",
    "procedure": r"procedure of (this )?step",
    "tool": r"is done by a tool",
    "changed": r"was changed since you opened this page",
    "cancelling": r"is being cancelled; nothing new",
    "asked": r"asked for this already",
    "at work": r"is being worked on|is running\. Let it end|works on step",
    "unknown": r"Nobody knows how step",
    "final": r"can't be undone and isn't declared safe",
    "held": r"holds [\w, -]+ in",
    "nobody asks": r"Nobody asks for a second person",
    "early": r"so somebody else confirms it",
    "nothing to review": r"waits for a review",
    "own": r"so somebody else reviews it",
    "started": r"has started already",
}


def reasons_in(refused: DomainError) -> frozenset[str]:
    said = " ".join(refused.reasons)
    return frozenset(reason for reason, words in SENTENCES.items() if re.search(words, said))
