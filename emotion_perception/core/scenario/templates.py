"""What texts and conditions may use, and how they are rendered: Jinja2, sandboxed, and nothing undefined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

from emotion_perception.core.labels import LABELS

#: What a variable is, for the documentation, and values that every text is tried with when a scenario is loaded.
VARIABLES: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "name": ("name of the person talked to, empty if unknown", ("", "Anna")),
    "known": ("whether the person is known", (False, True)),
    "emotion": ("the expression their face shows just now, empty if uncertain", ("", *LABELS)),
    "before": ("the expression that was last reacted to, empty at first", ("", *LABELS)),
    "age": ("estimated age in years, none if there is no estimate", (None, 31)),
    "gender": (
        "female or male if it is estimated with some certainty, else empty; for grammar",
        ("", "female", "male"),
    ),
    "greeted": ("whether they were greeted not long ago", (False, True)),
    "asked": ("whether they were asked in this visit if they may be remembered", (False, True)),
    "refused": ("whether they said no in this visit", (False, True)),
    "refused_today": ("whether anybody said no today; nobody can know who", (False, True)),
    "let_be": ("whether they want to be left alone in this visit", (False, True)),
    "heard_name": ("the name that was last understood, empty if none", ("", "Anna")),
    "can_speak": ("whether the language that was asked for is one of the scenario's", (False, True)),
    "misses": ("how often in a row nothing was understood in this state, this time included", (0, 1, 5)),
    "others": ("how many other people are in view", (0, 2)),
    "other_name": ("name of the other person who is greeted, empty if unknown", ("", "Ben")),
    "language": ("tag of the language spoken", ("en",)),
}

#: What a template may call.
FUNCTIONS = {"word": "word(emotion): what an expression is called in the language spoken"}

#: What rendering can end with; everything else is a bug of ours.
RENDER_ERRORS = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError)


def _no_none(value: Any) -> Any:
    if value is None:
        raise ValueError("it would say None where there is no estimate: use {% if age %} … {% endif %}")
    return value


def environment() -> SandboxedEnvironment:
    """Jinja2 without globals; undefined names and None are errors."""
    made = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False, finalize=_no_none)
    made.globals.clear()
    return made


_ENVIRONMENT = environment()


def compiled(text: str) -> Template:
    """The template of a text. Raises TemplateSyntaxError."""
    return _ENVIRONMENT.from_string(text)


@lru_cache(1024)  # each is tried with hundreds of contexts when a scenario is loaded, and asked with every image
def condition(expression: str) -> Callable[[Mapping[str, Any]], bool]:
    """A function that tells whether an expression holds. Raises TemplateSyntaxError."""
    evaluate = _ENVIRONMENT.compile_expression(expression, undefined_to_none=False)
    return lambda context: bool(evaluate(**context))


def unknown_names(source: str) -> Iterator[tuple[str, int]]:
    """Names that neither we nor the template define, each with its line in the template, from 1.

    Raises TemplateSyntaxError.
    """
    tree = _ENVIRONMENT.parse(source)
    unknown = meta.find_undeclared_variables(tree) - VARIABLES.keys() - FUNCTIONS.keys()
    for node in tree.find_all(nodes.Name):
        if node.name in unknown and node.ctx == "load":
            yield node.name, node.lineno


def rendered(template: Template, context: Mapping[str, Any]) -> str:
    """The text on one line. Raises one of RENDER_ERRORS."""
    return " ".join(template.render(context).split())


def worder(expressions: Mapping[str, str]) -> Callable[[str], str]:
    """The function ``word`` of a language."""

    def word(emotion: str) -> str:
        if emotion and emotion not in expressions:
            raise ValueError(f'there is no word for "{emotion}"')
        return expressions.get(emotion, "")

    return word


def samples(language: str, expressions: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Contexts that texts are tried with: somebody known and somebody unknown, and every value of each variable."""
    word = worder(expressions)
    for known in (True, False):
        base = {name: values[-1] if known else values[0] for name, (_, values) in VARIABLES.items()}
        base.update(language=language, word=word)
        yield base
        for name, (_, values) in VARIABLES.items():
            for value in values:
                if name not in ("language", "known", "name"):
                    yield {**base, name: value}


__all__ = [
    "FUNCTIONS",
    "RENDER_ERRORS",
    "VARIABLES",
    "TemplateSyntaxError",
    "compiled",
    "condition",
    "environment",
    "rendered",
    "samples",
    "unknown_names",
    "worder",
]
