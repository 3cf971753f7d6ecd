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
    """Those who wait to say something of one run."""

    words: deque[Word] = field(default_factory=deque)
    lock: threading.Lock = field(default_factory=threading.Lock)


_lines: WeakValueDictionary[int, _Line] = WeakValueDictionary()
_making = threading.Lock()


def say(run_id: int, word: Word) -> bool:
    """In a transaction with the run locked; returns and raises what `then` does, once that is committed."""
    with _making:
        line = _lines.setdefault(run_id, _Line())
    line.words.append(word)
    with line.lock:
        while word.answer is None and word.error is None:
            _say_all(run_id, [line.words.popleft() for _each in range(min(len(line.words), MOST))])
    if word.error is not None:
        raise word.error
    return bool(word.answer)


def _say_all(run_id: int, words: Sequence[Word]) -> None:
    answers: list[bool] = []
    try:
        with progress.moving(
            run_id,
            *(one for word in words for one in word.first),
            looks_at=[pk for word in words for pk in word.looks_at],
        ) as now:
            for word in words:
                told, now.answers = now.answers[: len(word.first)], now.answers[len(word.first) :]
                answers.append(word.then(now.run, told))
    except BaseException as broken:
        if len(words) == 1:
            words[0].error = broken
        else:
            for word in words:
                _say_all(run_id, [word])
        return
    for word, answer in zip(words, answers, strict=True):
        word.answer = answer
