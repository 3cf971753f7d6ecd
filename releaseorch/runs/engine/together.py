"""What threads of this process have to say of one run at the same moment is said in one transaction.

Each would have to wait for the run's row all the same. Whoever comes first speaks for those who wait meanwhile; when
that fails, each is heard alone, so that nobody fails for another.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from weakref import WeakValueDictionary

from releaseorch.core import statements
from releaseorch.core.statements import Asking, Row, Statement
from releaseorch.runs import progress
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.progress import First

MOST = 8
Answers = list[list[Row]]


@dataclass(eq=False)
class Word:
    """What is carried out as soon as the run is locked, what is made of the answers, which steps are looked at then."""

    first: Sequence[Statement]
    then: Callable[[DeploymentRun, Answers], Asking[bool]]
    looks_at: Sequence[int] = ()
    answer: bool | None = None
    error: BaseException | None = None


@dataclass(eq=False)
class _Line:
    """Those who wait to say something of one run, and how many were heard at once last."""

    words: deque[Word] = field(default_factory=deque)
    lock: threading.Lock = field(default_factory=threading.Lock)
    heard: int = 0

    @property
    def is_crowded(self) -> bool:
        return self.heard > 1 or len(self.words) > 1

    def next(self) -> list[Word]:
        words = [self.words.popleft() for _each in range(min(len(self.words), MOST))]
        self.heard = len(words)
        return words


_lines: WeakValueDictionary[int, _Line] = WeakValueDictionary()
_making = threading.Lock()


def say(run_id: int, word: Word) -> bool:
    """In a transaction with the run locked; returns and raises what `then` does, once that is committed."""
    with _making:
        line = _lines.setdefault(run_id, _Line())
    line.words.append(word)
    with line.lock:
        while word.answer is None and word.error is None:
            _say_all(run_id, line.next, is_crowded=line.is_crowded)
    if word.error is not None:
        raise word.error
    return bool(word.answer)


def _say_all(run_id: int, gather: Callable[[], list[Word]], *, is_crowded: bool) -> None:
    """Those who are gathered; in a crowd only once the run is locked, since others come while it is waited for."""
    heard = [] if is_crowded else gather()

    def latest() -> First:
        heard.extend(gather())
        return _first_of(heard)

    try:
        with progress.moving(run_id, latest if is_crowded else _first_of(heard)) as now:
            told = iter(now.answers)
            works = [word.then(now.run, list(islice(told, len(word.first)))) for word in heard]
            answers = statements.in_step(works)
    except BaseException as broken:
        _hear_alone(run_id, heard or gather(), broken)
        return
    for word, answer in zip(heard, answers, strict=True):
        word.answer = answer


def _first_of(words: Sequence[Word]) -> First:
    return [one for word in words for one in word.first], [pk for word in words for pk in word.looks_at]


def _hear_alone(run_id: int, words: Sequence[Word], broken: BaseException) -> None:
    if len(words) == 1:
        words[0].error = broken
        return
    for word in words:
        _say_all(run_id, partial(list, [word]), is_crowded=False)
