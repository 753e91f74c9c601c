"""A model's name in, the folder of its files out: where `config.json` and its neighbours can be read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

#: Names that the hub once had without their owners.
_OWNERS = {
    "gpt2": "openai-community",
    "gpt2-medium": "openai-community",
    "gpt2-large": "openai-community",
    "gpt2-xl": "openai-community",
    "openai-gpt": "openai-community",
    "distilgpt2": "distilbert",
}


def _cache() -> Path:
    """The hub's cache, by the variables that every tool around it reads."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if os.environ.get(name):
            return Path(os.environ[name]).expanduser()
    if os.environ.get("HF_HOME"):
        return Path(os.environ["HF_HOME"]).expanduser() / "hub"
    caches = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return caches / "huggingface" / "hub"


def snapshot(name: str, revision: str | None = None) -> Path | None:
    """The folder of a model of the hub in the cache, where it is there."""
    repository = _cache() / f"models--{name.replace('/', '--')}"
    revision = revision or "main"
    reference = repository / "refs" / revision
    commit = reference.read_text(encoding="utf-8").strip() if reference.is_file() else revision
    folder = repository / "snapshots" / commit
    return folder if (folder / "config.json").is_file() else None


def engine_name(name: str, revision: str | None = None) -> str:
    """A model's name as the engine takes it.

    What the hub has under its owner is found there; what lies in the cache under the short name is used as it is.
    """
    if Path(name).exists() or name == "builtin" or name.endswith(".gguf"):
        return name
    if "/" not in name and name in _OWNERS:
        owned = f"{_OWNERS[name]}/{name}"
        kept = snapshot(name, revision)
        if kept is not None and snapshot(owned, revision) is None:
            return str(kept)
        name = owned
    return name if revision is None else f"{name}@{revision}"


def folder(name: str) -> Path | None:
    """The folder of a model's files, by its name for the engine; None where it has none."""
    if Path(name).is_dir():
        return Path(name)
    if Path(name).exists() or name == "builtin":
        return None
    repository, _, revision = name.split(":", 1)[0].partition("@")
    return snapshot(repository, revision or None)


def read_json(folder: Path | None, name: str) -> dict[str, Any]:
    """An object of a file in a folder; empty where it is not there."""
    path = None if folder is None else folder / name
    if path is None or not path.is_file():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}
