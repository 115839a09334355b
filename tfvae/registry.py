"""Tables of the models, data sets, metrics and generators by name; imports no TensorFlow.

A table maps a name to `"module:attribute"`, so that names are checked and help is printed before
anything heavy is imported. A new entry is one line.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from tfvae.options import Option, check_options, closest_name, options_of
from tfvae.schema import UsageError


class Table(Mapping[str, str]):
    """Names, each with the place where the class or function of that name is defined.

    Args:
        kind: A word for messages: "model".
        entries: Name -> "module:attribute".
        others: Values that a command accepts besides the names; listed in messages.
        not_options: Keyword arguments that `--set` may not change.

    >>> animals = Table("animal", {"counter": "collections:Counter"}, others=("all",))
    >>> animals.load("counter").__name__
    'Counter'
    >>> animals.check("countre")
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: unknown animal 'countre'; did you mean 'counter'? (valid: counter, all)
    """

    def __init__(
        self,
        kind: str,
        entries: Mapping[str, str],
        *,
        others: tuple[str, ...] = (),
        not_options: tuple[str, ...] = (),
    ):
        self.kind = kind
        self.others = others
        self.not_options = not_options
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> str:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def choices(self) -> tuple[str, ...]:
        """The names and `others`, for help texts and messages.

        >>> Table("animal", {"counter": "collections:Counter"}, others=("all",)).choices
        ('counter', 'all')
        """
        return (*self, *self.others)

    def check(self, name: str) -> None:
        """Raises UsageError for a name that isn't in the table; the message lists the choices."""
        if name in self:
            return
        closest = closest_name(name, self)
        guess = f"; did you mean {closest!r}?" if closest else ""
        choices = ", ".join(self.choices)
        raise UsageError(f"unknown {self.kind} {name!r}{guess} (valid: {choices})")

    def module(self, name: str) -> ModuleType:
        """The module that defines `name`; raises as `check`.

        >>> Table("animal", {"counter": "collections:Counter"}).module("counter").__name__
        'collections'
        """
        self.check(name)
        return importlib.import_module(self[name].partition(":")[0])

    def load(self, name: str) -> Any:
        """The class or function called `name`; raises as `check`."""
        module = self.module(name)
        return getattr(module, self[name].partition(":")[2])

    def options(self, name: str) -> tuple[Option, ...]:
        """The options of `name` that `--set KEY=VALUE` may change, read off its signature.

        >>> divisions = Table("division", {"random": "tfvae.data.splits:split_rows"})
        >>> [(option.name, option.type_name) for option in divisions.options("random")]
        [('validation', 'float'), ('test', 'float')]
        """
        return options_of(self.load(name), skip=self.not_options)

    def defaults(self, name: str) -> dict[str, Any]:
        """Option -> default.

        >>> Table("division", {"random": "tfvae.data.splits:split_rows"}).defaults("random")
        {'validation': 0.1, 'test': 0.1}
        """
        return {option.name: option.default for option in self.options(name)}

    def check_options(self, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """`settings` in the types that `name` declares.

        Raises:
            UsageError: an unknown name or key, or a wrong value; the message shows the value
                received and the valid ones.

        >>> divisions = Table("division", {"random": "tfvae.data.splits:split_rows"})
        >>> divisions.check_options("random", {"test": 0})
        {'test': 0.0}
        """
        target: Callable[..., Any] = self.load(name)
        what = f"{self.kind} {name}"
        return check_options(target, settings, what=what, skip=self.not_options)
