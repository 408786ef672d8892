"""Methods that compute at their first call and keep the answer beside their object."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Owner = TypeVar("Owner")
Answer = TypeVar("Answer")


def computed_once(method: Callable[[Owner], Answer]) -> Callable[[Owner], Answer]:
    """A method that computes once for each object.

    What takes seconds or reads files is a call with a verb, never a property: who reads the code
    must see that it may take long. The answer is released together with its object.

    Examples
    --------
    >>> class Model:
    ...     @computed_once
    ...     def count(self) -> int:
    ...         print("counted")
    ...         return 3
    >>> model = Model()
    >>> model.count() + model.count()
    counted
    6
    """
    name = f"{method.__name__} computed once"

    @wraps(method)
    def ask(self: Owner) -> Answer:
        kept = vars(self)
        if name not in kept:
            kept[name] = method(self)
        answer: Answer = kept[name]
        return answer

    return ask
