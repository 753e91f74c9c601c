"""Pictures, as the command ``plot`` draws them."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any

from beamline import _beamline

#: Every picture has one of these endings.
ENDINGS = (".svg", ".png", ".html")


class Figure:
    """A picture and the numbers behind it. Notebooks show it; it is drawn anew in each size.

    >>> import beamline
    >>> figure = beamline.Engine().plot("next", "Once upon a time", top=5)
    >>> figure.svg().startswith("<svg")
    True
    """

    def __init__(self, native: _beamline.Figure, *, width: int = 800, height: int = 500, dark: bool = False) -> None:
        self._native = native
        self._canvas = (width, height, dark)

    def svg(self) -> str:
        """As SVG."""
        return self._native.svg(*self._canvas)

    def html(self) -> str:
        """As a page that needs no network."""
        return self._native.html(*self._canvas)

    def png(self) -> bytes:
        """As PNG; warns of characters for which this system has no font."""
        picture, missing = self._native.png(*self._canvas)
        if missing:
            warnings.warn(f"no font of this system has {missing!r}: boxes stand in their places", stacklevel=2)
        return picture

    @property
    def data(self) -> Any:
        """The numbers behind it."""
        return json.loads(self._native.json())

    def csv(self) -> str:
        """The numbers behind it, as CSV."""
        return self._native.csv()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes it as ``.svg``, ``.png`` or ``.html``.

        Raises:
            ValueError: when the name ends in none of them.
        """
        to = Path(path)
        if to.suffix not in ENDINGS:
            raise ValueError(f"{to}: a picture ends in {', '.join(ENDINGS)}")
        content = self.png() if to.suffix == ".png" else (self.svg() if to.suffix == ".svg" else self.html())
        to.write_bytes(content if isinstance(content, bytes) else content.encode())

    def _repr_svg_(self) -> str:
        return self.svg()
