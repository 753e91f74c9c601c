"""Text from language models by every decoding method, and how each token came to be chosen.

>>> import beamline
>>> beamline.generate("Once upon a time", max_new_tokens=5).text
', I was not a'

An [`Engine`][beamline.Engine] is a model with its tokenizer: ``Engine("gpt2")`` takes a model of the hub, a folder or a GGUF
file, and ``Engine()`` the small model that comes with the package. Options have transformers' names; a wrong one raises
``ValueError`` with its range and the way out. Nothing else is imported until it is used, so ``import beamline`` costs little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beamline._beamline import GenerationError as GenerationError
    from beamline._beamline import ModelError as ModelError
    from beamline._beamline import __version__ as __version__
    from beamline.engine import Engine as Engine
    from beamline.engine import generate as generate
    from beamline.files import Progress as Progress
    from beamline.files import Summary as Summary
    from beamline.files import batch as batch
    from beamline.own import Outlook as Outlook
    from beamline.own import Processor as Processor
    from beamline.own import Strategy as Strategy
    from beamline.own import Tree as Tree
    from beamline.pages import Page as Page
    from beamline.pages import explain as explain
    from beamline.pages import options as options
    from beamline.pages import topics as topics
    from beamline.pictures import Figure as Figure
    from beamline.results import Completion as Completion
    from beamline.results import Sequence as Sequence
    from beamline.results import Verdict as Verdict
    from beamline.results import load as load
    from beamline.rows import Generate as Generate
    from beamline.stream import Stream as Stream
    from beamline.stream import TextDelta as TextDelta

_HOMES = {
    "beamline._beamline": ["GenerationError", "ModelError", "__version__"],
    "beamline.engine": ["Engine", "generate"],
    "beamline.files": ["Progress", "Summary", "batch"],
    "beamline.own": ["Outlook", "Processor", "Strategy", "Tree"],
    "beamline.pages": ["Page", "explain", "options", "topics"],
    "beamline.pictures": ["Figure"],
    "beamline.results": ["Completion", "Sequence", "Verdict", "load"],
    "beamline.rows": ["Generate"],
    "beamline.stream": ["Stream", "TextDelta"],
}

#: Modules that need a library of somebody else's: `beamline.ray` imports it when it is asked for.
_MODULES = {"daft", "duckdb", "lm_eval", "polars", "ray", "spark"}

_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Completion",
    "Engine",
    "Figure",
    "GenerationError",
    "ModelError",
    "Outlook",
    "Page",
    "Processor",
    "Progress",
    "Sequence",
    "Strategy",
    "Stream",
    "Summary",
    "TextDelta",
    "Tree",
    "Verdict",
    "batch",
    "explain",
    "generate",
    "load",
    "options",
    "topics",
]


def __getattr__(name: str) -> Any:
    """What the package has, imported when it is first asked for."""
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"beamline.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'beamline' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_MODULES})
