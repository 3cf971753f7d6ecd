"""What threads of this process have to say of one run at the same moment is said in one transaction.

Each would have to wait for the run's row all the same. Whoever comes first speaks for those who wait meanwhile; when
that fails, each is heard alone, so that nobody fails for another.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from releaseorch.core.statements import Row, Statement
from releaseorch.runs import progress
from releaseorch.runs.models import DeploymentRun

MOST = 8
Answers = list[list[Row]]


@dataclass(eq=False)
class Word:
    """What is carried out as soon as the run is locked, what is made of the answers, which steps are looked at then."""

    first: Sequence[Statement]
    then: Callable[[DeploymentRun, Answers], bool]
    looks_at: Sequence[int] = ()
    answer: bool | None = None
    error: BaseException | None = None


@dataclass(eq=False)
class _Line:
    """Those who wait to say something of one run, and how many were heard at once last."""

    words: deque[Word] = field(default_factory=deque)
    lock: threading.Lock = field(default_factory=threading.Lock)
    heard: int = 0

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
            # Where there is a crowd, more come while the run's row is waited for: they are heard, too.
            if line.heard > 1 or len(line.words) > 1:
                _say_all(run_id, line.next)
            else:
                _say_all(run_id, words=line.next())
    if word.error is not None:
        raise word.error
    return bool(word.answer)


def _say_all(run_id: int, gather: Callable[[], list[Word]] | None = None, words: Sequence[Word] = ()) -> None:
    """These words, or those that are gathered once the run is locked."""
    answers: list[bool] = []
    heard = list(words)

    def gathered() -> tuple[list[Statement], list[int]]:
        if gather:
            heard.extend(gather())
        return [one for word in heard for one in word.first], [pk for word in heard for pk in word.looks_at]

    first, looks_at = gathered() if gather is None else ((), ())
    try:
        with progress.moving(run_id, *first, looks_at=looks_at, then=gathered if gather else None) as now:
            for word in heard:
                told, now.answers = now.answers[: len(word.first)], now.answers[len(word.first) :]
                answers.append(word.then(now.run, told))
    except BaseException as broken:
        if gather and not heard:  # the run couldn't be locked
            heard = gather()
        if len(heard) == 1:
            heard[0].error = broken
        else:
            for word in heard:
                _say_all(run_id, words=[word])
        return
    for word, answer in zip(heard, answers, strict=True):
        word.answer = answer
