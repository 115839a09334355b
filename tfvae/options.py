"""Options read off a signature: what `--set KEY=VALUE` may name, its type, default and help.

The signature is the only place where an option is declared. An option is a keyword-only
parameter that has a default and a plain type: bool, int, float, str, a `Literal` of those, a
tuple of those, or one of them or None. `Annotated` constraints (`pydantic.PositiveInt`) are
kept. All other parameters are left to the caller of the function. Imports no TensorFlow.
"""

import dataclasses
import difflib
import inspect
import json
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal, Union

from tfvae.schema import UsageError

PLAIN = (bool, int, float, str)


@dataclasses.dataclass(frozen=True)
class Option:
    """One setting of a model, metric or generator.

    Args:
        name: The key in `--set KEY=VALUE`.
        annotation: The type, `Annotated` constraints included.
        default: The value when the option isn't given.
        help: The option's text in the docstring's `Args:`, on one line; empty if there is none.

    >>> Option("network", Literal["dense", "conv"] | None, default=None).type_name
    'one of dense, conv or none'
    """

    name: str
    annotation: Any
    default: Any
    help: str = ""

    @property
    def type_name(self) -> str:
        """The type in words, for help texts and messages: `int`, `one of a, b`, `float or none`."""
        return _type_name(self.annotation)


def options_of(target: Callable, skip: Iterable[str] = ()) -> tuple[Option, ...]:
    """Options of a function or class, in the order of the signature.

    For a class, those of its `__init__` come first; while an `__init__` takes `**kwargs`, those
    of the next class of the method resolution order follow. The first declaration of a name wins.

    Args:
        target: Function or class.
        skip: Names to leave out.

    >>> def smooth(images, *, width: int = 3):
    ...     '''Blurs images.
    ...
    ...     Args:
    ...         images: Shape [B, H, W, C].
    ...         width: Size in pixels.
    ...     '''
    >>> options_of(smooth)
    (Option(name='width', annotation=<class 'int'>, default=3, help='Size in pixels.'),)
    """
    owners = _initializers(target) if inspect.isclass(target) else [(target, target.__doc__)]
    options: dict[str, Option] = {}
    helps: dict[str, str] = {}
    for function, docstring in owners:
        for name, text in _argument_help(docstring).items():
            helps.setdefault(name, text)
        for parameter in inspect.signature(function, eval_str=True).parameters.values():
            if (
                parameter.kind is inspect.Parameter.KEYWORD_ONLY
                and parameter.default is not inspect.Parameter.empty
                and _is_plain(parameter.annotation)
            ):
                option = Option(parameter.name, parameter.annotation, parameter.default)
                options.setdefault(parameter.name, option)
    return tuple(
        dataclasses.replace(option, help=helps.get(name, ""))
        for name, option in options.items()
        if name not in set(skip)
    )


def check_options(
    target: Callable,
    settings: Mapping[str, Any],
    what: str = "",
    skip: Iterable[str] = (),
) -> dict[str, Any]:
    """The given settings with each value in the type that `target` declares.

    Strings are taken as typed on a command line: "0.05", "1e-3", "true", "none", "500,500".

    Args:
        target: Function or class, as for `options_of`.
        settings: Key -> value; keys that are left out stay out.
        what: Owner of the options, for messages: "model ccvae".
        skip: Names that may not be set.
    Raises:
        UsageError: an unknown key or a value of the wrong type or range; the message shows what was
            given and what is valid.

    >>> def smooth(images, *, width: int = 3, weights: tuple[float, ...] = (1.0,)):
    ...     pass
    >>> check_options(smooth, {"width": "5", "weights": "0.25,0.5,0.25"})
    {'width': 5, 'weights': (0.25, 0.5, 0.25)}
    """
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    options = {option.name: option for option in options_of(target, skip)}
    where = f"{what}: " if what else ""
    for key in settings:
        if key not in options:
            raise UsageError(f"{where}unknown option {key!r}{_suggestion(key, options)}")
    values = {key: _prepared(options[key].annotation, value) for key, value in settings.items()}
    for key, value in values.items():
        # Pydantic reads True as the integer 1: a typing slip in a YAML file.
        if isinstance(value, bool) and bool not in _plain_parts(options[key].annotation):
            raise UsageError(f"{where}{key}={value} is not {_article(options[key].type_name)}")
    checked = {}
    for key, value in values.items():
        option = options[key]
        adapter = TypeAdapter(option.annotation, config=ConfigDict(allow_inf_nan=False))
        try:
            checked[key] = adapter.validate_python(value)
        except ValidationError as error:
            problem = error.errors()[0]["msg"]
            raise UsageError(
                f"{where}{key}={shown(settings[key])} is not {_article(option.type_name)}: "
                f"{problem[:1].lower()}{problem[1:]}"
            ) from None
    return checked


def closest_name(name: str, choices: Iterable[str]) -> str | None:
    """The choice that a mistyped name most likely meant, or None.

    >>> closest_name("ccvea", ["vae", "ccvae", "dualvae"])
    'ccvae'
    """
    matches = difflib.get_close_matches(name, list(choices), n=1)
    return matches[0] if matches else None


def _suggestion(key: str, options: Mapping[str, Option]) -> str:
    valid = f"valid: {', '.join(options)}" if options else "it has none"
    closest = closest_name(key, options)
    return f"; did you mean {closest!r}? ({valid})" if closest else f" ({valid})"


def _article(name: str) -> str:
    return (
        name
        if name.startswith(("one of", "list"))
        else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
    )


def _initializers(cls: type) -> list[tuple[Callable, str | None]]:
    """(`__init__`, docstring) along the method resolution order, as long as it takes `**kwargs`."""
    found: list[tuple[Callable, str | None]] = []
    for base in cls.__mro__:
        initializer = base.__dict__.get("__init__")
        docstrings = (base.__dict__.get("__doc__"), getattr(initializer, "__doc__", None))
        if not inspect.isfunction(initializer):
            if base is object:
                break
            continue
        found.append(
            (initializer, "\n\n".join(inspect.cleandoc(text) for text in docstrings if text))
        )
        kinds = {parameter.kind for parameter in inspect.signature(initializer).parameters.values()}
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            break
    return found


def _argument_help(docstring: str | None) -> dict[str, str]:
    import docstring_parser

    if not docstring:
        return {}
    parsed = docstring_parser.google.parse(docstring)
    return {
        name.strip().lstrip("*"): " ".join((parameter.description or "").split())
        for parameter in parsed.params
        for name in parameter.arg_name.split(",")
    }


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, without `Annotated`; the annotation itself if it is none."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return _alternatives(typing.get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return tuple(
            part for member in typing.get_args(annotation) for part in _alternatives(member)
        )
    return (annotation,)


def _is_plain(annotation: Any) -> bool:
    def plain(part: Any) -> bool:
        if part in PLAIN or part is type(None) or typing.get_origin(part) is Literal:
            return True
        members = [member for member in typing.get_args(part) if member is not Ellipsis]
        return typing.get_origin(part) is tuple and all(map(_is_plain, members))

    parts = _alternatives(annotation)
    return annotation is not inspect.Parameter.empty and all(map(plain, parts))


def _plain_parts(annotation: Any) -> set[Any]:
    """The types among the alternatives, and those of a `Literal`'s values."""
    found = set()
    for part in _alternatives(annotation):
        is_literal = typing.get_origin(part) is Literal
        found |= {type(value) for value in typing.get_args(part)} if is_literal else {part}
    return found


def _prepared(annotation: Any, value: Any) -> Any:
    """A command-line string in a form that pydantic can read; other values unchanged."""
    if not isinstance(value, str):
        return value
    parts = _alternatives(annotation)
    text = value.strip()
    if type(None) in parts and text.lower() in ("none", "null"):
        return None
    for part in parts:
        if typing.get_origin(part) is Literal:
            for choice in typing.get_args(part):
                if str(choice).lower() == text.lower():
                    return choice
    if any(typing.get_origin(part) is tuple for part in parts):
        if text[:1] in ("[", "("):
            text = text[1:].rstrip("])")
        return [item.strip() for item in text.split(",") if item.strip()]
    return value


def _type_name(annotation: Any) -> str:
    names = []
    for part in _alternatives(annotation):
        origin, arguments = typing.get_origin(part), typing.get_args(part)
        if part is type(None):
            continue
        if origin is Literal:
            names.append("one of " + ", ".join(str(choice) for choice in arguments))
        elif origin is tuple:
            names.append(f"list of {_type_name(arguments[0])}" if arguments else "list")
        else:
            names.append(part.__name__)
    if type(None) in _alternatives(annotation):
        names.append("none")
    return " or ".join(names)


def display(value: Any) -> str:
    """A default as it would be typed on the command line.

    >>> [display(value) for value in (None, True, 0.05, (500, 500))]
    ['none', 'true', '0.05', '500,500']
    """
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, (list, tuple)):
        return ",".join(map(display, value))
    return value if isinstance(value, str) else json.dumps(value, default=str)


def shown(value: Any) -> str:
    """What a user gave, for a message of one line.

    >>> shown(0.05), shown("7" * 5000)
    ('0.05', '7777777777777777777777777777777777777777... (5,000 characters)')
    """
    text = str(value)
    return text if len(text) <= 200 else f"{text[:40]}... ({len(text):,} characters)"
