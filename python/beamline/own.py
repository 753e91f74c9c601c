"""Parts of a search written in Python: processors, rules to stop, strategies.

All of them get and give numpy arrays. They may stand beside any option: a processor anywhere in the chain, a rule beside
lengths and end tokens, a strategy in place of the one that the options ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Sequence_
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from beamline._beamline import Outlook, Tree

__all__ = ["Outlook", "Processor", "Strategy", "Tree"]

Tokens: TypeAlias = npt.NDArray[np.int64]
Scores: TypeAlias = npt.NDArray[np.float32]
Shape: TypeAlias = "Callable[[Tokens, Scores], npt.NDArray[Any]]"
Rule: TypeAlias = "Callable[[Tokens, int], Any]"
MakeStrategy: TypeAlias = "Callable[[Tokens, int], Strategy]"


@dataclass(frozen=True)
class Processor:
    """A function that shapes the scores of the next token, with its place in the chain.

    Attributes:
        function: called with the tokens so far, ``[n]``, and their scores, ``[vocab]`` of float32, in which ``-inf`` is a
            token that was removed; gives the new scores. The same row may be asked for twice, so it must not depend on
            how often it is called. Rows of a beam search are log-probabilities.
        place: ``"first"``, ``"last"``, or the name of the processor that it stands after, such as ``"temperature"``.
        name: what tables and errors call it.

    >>> import beamline
    >>> import numpy as np
    >>> engine = beamline.Engine()
    >>> def no_comma(tokens, scores):
    ...     scores[engine.tokenizer.id_of(",")] = -np.inf
    ...     return scores
    >>> engine.generate("Once upon a time", max_new_tokens=5, processors=[no_comma]).text
    ' I was in the habit'
    """

    function: Shape
    place: str = "last"
    name: str = "processor"

    def placed(self) -> tuple[str, str, Shape]:
        """As the engine takes it."""
        function, name = self.function, self.name

        def shaped(tokens: Tokens, scores: Scores) -> Scores:
            given = function(tokens, scores)
            if given is None:
                raise TypeError(f"{name} gave None; it must give the scores, as an array")
            return np.ascontiguousarray(given, dtype=np.float32).reshape(-1)

        return self.place, name, shaped


def placed(processors: Sequence_[Processor | Shape]) -> list[tuple[str, str, Shape]]:
    """Processors as the engine takes them; a plain function stands last.

    Raises:
        TypeError: for what cannot be called.
    """
    all_placed = []
    for given in processors:
        if isinstance(given, Processor):
            all_placed.append(given.placed())
        elif callable(given):
            name = getattr(given, "__name__", type(given).__name__)
            all_placed.append(Processor(given, name=name).placed())
        else:
            raise TypeError(f"a processor is a function of tokens and scores, got {type(given).__name__}")
    return all_placed


class Strategy(Protocol):
    """A search of one's own: which nodes of the tree of tokens to look beyond, and how to grow it.

    ``strategy=`` takes a function that makes one for each prompt, from its tokens and the most new tokens, often the class
    itself. Attributes that it may have: ``log_probabilities`` (processors act on log-probabilities, as in a beam search),
    ``hidden`` (outlooks have hidden states), ``revisits`` (any node may be asked for again), ``streams`` (the first
    result only grows at its end, so texts come token by token), ``most_alive`` (the most nodes that are looked beyond at a
    time), and a method ``alive(tree)`` where more nodes than the frontier may still be asked for.

    >>> import beamline
    >>> class Greedy:
    ...     streams = True
    ...     def __init__(self, prompt, max_new_tokens):
    ...         self.node = 0
    ...     def frontier(self, tree):
    ...         return [] if tree.finished(self.node) else [self.node]
    ...     def grow(self, tree, outlooks):
    ...         for outlook in outlooks:
    ...             self.node = tree.extend(outlook, int(outlook.scores.argmax()))
    ...     def results(self, tree):
    ...         return [self.node]
    >>> beamline.Engine().generate("Once upon a time", max_new_tokens=5, strategy=Greedy).text
    ', I was not a'
    """

    def frontier(self, tree: Tree) -> Sequence_[int | tuple[int, int]]:
        """The nodes to look beyond next, each alone or with the number of the sequence that asks; none ends the search."""
        ...

    def grow(self, tree: Tree, outlooks: list[Outlook]) -> None:
        """Grows the tree from what may follow each node of the frontier, in its order."""
        ...

    def results(self, tree: Tree) -> Sequence_[int | tuple[int, float]]:
        """The last nodes of the sequences found, the best first, each alone or with its score."""
        ...
