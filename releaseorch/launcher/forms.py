"""Reads the forms of a page as a browser without JavaScript would: what is on it, and what it would send."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = dict[str, str]


@dataclass
class Button:
    name: str
    value: str
    text: str = ""
    action: str = ""


@dataclass
class Form:
    """`values` is what an untouched form sends; `choices` are the (value, label) pairs of selects, radios, boxes."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)
    files: set[str] = field(default_factory=set)

    def choose(self, name: str, label: str) -> str:
        """The value of the choice whose label holds these words."""
        for value, text in self.choices.get(name, []):
            if label.casefold() in text.casefold() or value == label:
                return value
        offered = ", ".join(text for _, text in self.choices.get(name, [])) or "nothing"
        raise LookupError(f"{name} offers no {label!r}, but {offered}")


class Reader(HTMLParser):
    """Fills `forms`, `links` (address, text), `title`, and `complaints`: what the page says is wrong."""

    WRONG = frozenset({"errorlist", "error", "errors", "message-error", "refusal", "problem"})
    VOID = frozenset(
        {"input", "br", "img", "meta", "link", "hr", "source", "wbr", "area", "base", "col", "embed"}
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.by_id: dict[str, Form] = {}
        self.links: list[tuple[str, str]] = []
        self.complaints: list[str] = []
        self.title = ""
        self._form: Form | None = None
        self._select: tuple[Form, str] | None = None
        self._option: tuple[str, bool] | None = None
        self._text: list[str] = []
        self._target: tuple[str, Form | None, Attributes] | None = None
        self._label = ""
        self._boxes: list[tuple[Form, str, int]] = []
        self._wrong_depth = 0
        self._wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self._wrong_depth:
            self._wrong_depth += tag not in self.VOID
        elif tag not in self.VOID and (
            given.get("role") == "alert" or self.WRONG & set(given.get("class", "").split())
        ):
            self._wrong_depth = 1
        if handler := getattr(self, f"_begin_{tag}", None):
            handler(given)

    def handle_endtag(self, tag: str) -> None:
        if self._wrong_depth and tag not in self.VOID:
            self._wrong_depth -= 1
            if not self._wrong_depth and (words := " ".join(" ".join(self._wrong).split())):
                self.complaints.append(words)
                self._wrong = []
        if handler := getattr(self, f"_end_{tag}", None):
            handler()

    def handle_data(self, data: str) -> None:
        self._text.append(data)
        if self._wrong_depth:
            self._wrong.append(data)

    def _said(self) -> str:
        words = " ".join("".join(self._text).split())
        self._text = []
        return words

    def _owner(self, given: Attributes) -> Form | None:
        return self.by_id.get(given["form"]) if "form" in given else self._form

    def _begin_form(self, given: Attributes) -> None:
        self._form = Form(given.get("action", ""), given.get("method", "get").lower())
        self.forms.append(self._form)
        if "id" in given:
            self.by_id[given["id"]] = self._form

    def _end_form(self) -> None:
        self._form = None

    def _begin_input(self, given: Attributes) -> None:
        form, name, kind = self._owner(given), given.get("name", ""), given.get("type", "text").lower()
        if form is None or "disabled" in given:
            return
        if kind in {"submit", "image"}:
            form.buttons.append(
                Button(name, given.get("value", ""), given.get("value", ""), given.get("formaction", ""))
            )
        elif kind in {"radio", "checkbox"}:
            self._box(form, name, given)
        elif kind == "file":
            form.files.add(name)
        elif name and kind not in {"button", "reset"}:
            form.values.setdefault(name, []).append(given.get("value", ""))

    def _box(self, form: Form, name: str, given: Attributes) -> None:
        value = given.get("value", "on")
        form.choices.setdefault(name, []).append((value, given.get("aria-label", "")))
        self._boxes.append((form, name, len(form.choices[name]) - 1))
        if "checked" in given:
            form.values.setdefault(name, []).append(value)

    def _begin_label(self, given: Attributes) -> None:
        self._text, self._boxes = [], []

    def _end_label(self) -> None:
        words = self._said()
        for form, name, index in self._boxes:
            value, label = form.choices[name][index]
            form.choices[name][index] = (value, f"{label} {words}".strip())
        self._boxes = []

    def _begin_select(self, given: Attributes) -> None:
        form = self._owner(given)
        if form is not None and given.get("name") and "disabled" not in given:
            self._select = form, given["name"]
            form.choices.setdefault(given["name"], [])

    def _begin_option(self, given: Attributes) -> None:
        self._end_option()
        self._text = []
        self._option = given.get("value", "\0"), "selected" in given

    def _end_option(self) -> None:
        if self._option is None or self._select is None:
            return
        (value, chosen), (form, name) = self._option, self._select
        label = self._said()
        value = label if value == "\0" else value
        form.choices[name].append((value, label))
        if chosen:
            form.values.setdefault(name, []).append(value)
        self._option = None

    def _end_select(self) -> None:
        self._end_option()
        if self._select:
            form, name = self._select
            if name not in form.values and form.choices[name]:
                form.values[name] = [form.choices[name][0][0]]
        self._select = None

    def _begin_textarea(self, given: Attributes) -> None:
        self._text, self._target = [], ("textarea", self._owner(given), given)

    def _end_textarea(self) -> None:
        if self._target and self._target[1] is not None and self._target[2].get("name"):
            self._target[1].values.setdefault(self._target[2]["name"], []).append(
                "".join(self._text).removeprefix("\n")
            )
        self._target = None

    def _begin_button(self, given: Attributes) -> None:
        self._text, self._target = [], ("button", self._owner(given), given)

    def _end_button(self) -> None:
        if self._target and self._target[1] is not None and self._target[2].get("type", "submit") == "submit":
            given = self._target[2]
            if "disabled" not in given:
                button = Button(
                    given.get("name", ""), given.get("value", ""), self._said(), given.get("formaction", "")
                )
                self._target[1].buttons.append(button)
        self._target = None

    def _begin_a(self, given: Attributes) -> None:
        self._text, self._target = [], ("a", None, given)

    def _end_a(self) -> None:
        if self._target and "href" in self._target[2]:
            self.links.append((self._target[2]["href"], self._said()))
        self._target = None

    def _begin_title(self, given: Attributes) -> None:
        self._text = []

    def _end_title(self) -> None:
        self.title = self.title or self._said()


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader
