"""Finds texts for people that go past gettext: in the syntax tree of a module, in the HTML around a template's tags."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from django.template.base import Lexer, Token, TokenType

Found = list[tuple[int, str]]

GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext"}
FOR_PROGRAMMERS = {
    *("ValueError", "TypeError", "LookupError", "KeyError", "RuntimeError", "CommandError"),
    *("ImproperlyConfigured", "NotImplementedError"),
    *("OpenApiParameter", "OpenApiResponse", "extend_schema"),
}
LOGGERS = {"logger", "_log"}
OPENAPI_KEYWORDS = frozenset({"help_text", "label"})  # in the API
SPEAKERS = {
    *("Invalid", "Conflict", "NotAllowed", "ValidationError", "messages", "perform", "perform_on"),
    *("Action", "Field", "Look", "Place", "WaitsFor"),
    *("Refused", "BadRow", "_BrokenRow", "SourceUnreadable"),
    *("Failed", "Errored", "Unknown", "Unreachable", "BrokenOff", "TemplateError", "CannotRun"),
}
SPOKEN_KEYWORDS = {
    *(
        "label",
        "help",
        "help_text",
        "verbose_name",
        "word",
        "title",
        "heading",
        "lead",
        "note",
        "said",
        "why",
    ),
    *("why_not", "reason", "reason_label", "consequence", "sentence", "helps", "instructions"),
}
# Two words or more and the end of a sentence; a word with a capital, or two words, where people read whatever is there.
SENTENCE = re.compile(r"[A-Za-z]+\W.*[A-Za-z].*[.?!…]”?\s*$", re.DOTALL)
WORDS = re.compile(r"^[A-Z][a-z]+|[A-Za-z]{2,}[,;:]? [A-Za-z{]|[}] [A-Za-z]{2,}")
MARKUP = re.compile(r"^\s*<|\[A-Za-z|^[A-Z]+ [A-Z]+ ")


class Module(ast.NodeVisitor):
    """Collects what a module says past gettext."""

    def __init__(self, source: str, unread: frozenset[str]) -> None:
        self.found: Found = []
        self._unread, self._is_read = unread, False
        self.visit(ast.parse(source))

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring is for programmers
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name, owner = _called(node.func)
        if name in GETTEXT:
            if any(isinstance(given, ast.JoinedStr | ast.BinOp) for given in node.args):
                self.found.append((node.lineno, "fills in a text before gettext has seen it"))
        elif name == "format" and isinstance(node.func, ast.Attribute) and _is_gettext(node.func.value):
            self.found.append((node.lineno, "fills in a translation by str.format"))
        elif name not in FOR_PROGRAMMERS and owner not in LOGGERS:
            self._visit(node, is_read=self._is_read or name in SPEAKERS or owner in SPEAKERS)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in self._unread:
            self._visit(node, is_read=self._is_read or node.arg in SPOKEN_KEYWORDS)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        parts = (str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        self._check(node, "".join(parts))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._check(node, node.value)

    def _visit(self, node: ast.AST, *, is_read: bool) -> None:
        before, self._is_read = self._is_read, is_read
        self.generic_visit(node)
        self._is_read = before

    def _check(self, node: ast.expr, text: str) -> None:
        if (SENTENCE.search(text) or (self._is_read and WORDS.search(text))) and not MARKUP.search(text):
            self.found.append((node.lineno, f"says {text!r}"))


def _called(function: ast.expr) -> tuple[str, str]:
    """The name of what is called, and of what it belongs to."""
    if isinstance(function, ast.Attribute):
        return function.attr, function.value.id if isinstance(function.value, ast.Name) else ""
    return function.id if isinstance(function, ast.Name) else "", ""


def _is_gettext(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _called(node.func)[0] in GETTEXT


SIGN = "\N{OBJECT REPLACEMENT CHARACTER}"  # stands for a tag or a value
LITERAL = re.compile(r"""(?<!_\()(["'])(?P<text>(?:(?!\1).)*)\1""")
READ_ATTRIBUTES = {
    "title",
    "aria-label",
    "placeholder",
    "alt",
    "label",
    "data-label",
    "data-announce",
    "data-failed",
}
SAID_ELSEWHERE = {"script", "style", "kbd"}
SAID_BY_MACHINES = {
    "Releaseorch",
    "request.approved",
    "run 214",
}  # the name, and what the log of events is asked


class Markup(HTMLParser):
    """Collects what the HTML around the tags of a template says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: Found = []
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        for name, value in attrs:
            if name in READ_ATTRIBUTES:
                self._check(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside not in SAID_ELSEWHERE:
            self._check(data)

    def _check(self, text: str) -> None:
        for number, line in enumerate(text.split("\n")):
            said = line.replace(SIGN, " ").strip()
            if re.search(r"[^\W\d_]{2,}", said) and said.strip(" ·") not in SAID_BY_MACHINES:
                self.found.append((self.getpos()[0] + number, f"says {said!r}"))


def in_template(source: str) -> Found:
    markup, within = "", ""
    found: Found = []
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.TEXT and not within:
            markup += token.contents
            continue
        markup += SIGN + "\n" * token.contents.count("\n")
        if token.token_type == TokenType.BLOCK:
            within = _within(token, within)
            found += [(token.lineno, f"says {text!r}") for text in _literals(token)]
    return sorted(found + Markup(markup).found)


def _within(token: Token, within: str) -> str:
    """The tag around what follows, if that is translated or for nobody to read."""
    tag, *rest = token.split_contents()
    if within:
        return "" if tag == f"end{within}" else within
    return tag if tag in ("blocktranslate", "comment") or rest == ["topics"] else ""


def _literals(token: Token) -> Iterator[str]:
    if token.split_contents()[0] not in ("translate", "blocktranslate"):
        texts = (match["text"] for match in LITERAL.finditer(token.contents))
        yield from (text for text in texts if WORDS.search(text))


def in_module(source: str) -> Found:
    return Module(source, frozenset()).found


def in_api(source: str) -> Found:
    return Module(source, OPENAPI_KEYWORDS).found
