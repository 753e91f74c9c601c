"""The arguments of `from_pretrained` in, an engine out: each honoured, known to change nothing, or refused."""

from __future__ import annotations

import os
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from beamline.engine import Engine
from beamline.notices import once
from beamline.transformers import files

#: Arguments of the engine itself, which may stand beside transformers'.
ENGINES = ("activations", "threads", "pre", "mapped")

#: Arguments that change no result here.
HARMLESS = frozenset(
    {
        "attn_implementation",
        "experts_implementation",
        "force_download",
        "from_tf",
        "legacy",
        "low_cpu_mem_usage",
        "max_memory",
        "offload_buffers",
        "offload_folder",
        "offload_state_dict",
        "proxies",
        "resume_download",
        "tp_plan",
        "tp_size",
        "trust_remote_code",
        "use_cache",
        "use_fast",
        "use_kernels",
        "use_safetensors",
        "weights_only",
    }
)

#: Arguments that would change something, and what to do instead.
REFUSED = {
    "cache_dir": "set the variable HF_HUB_CACHE",
    "token": "set the variable HF_TOKEN",
    "use_auth_token": "set the variable HF_TOKEN",
    "subfolder": "give the folder itself as the name",
    "variant": "give the folder itself as the name",
    "gguf_file": "give the file itself as the name, or org/name:file.gguf",
    "load_in_8bit": 'give dtype="q8_0"',
    "load_in_4bit": 'give dtype="q4_0"',
    "quantization_config": 'give dtype="q8_0" or another of the engine\'s formats',
    "config": "change the folder's config.json",
    "state_dict": "save the weights, and give their folder",
    "adapter_kwargs": "merge the adapter into the weights first",
    "key_mapping": "save the weights under their usual names",
    "output_attentions": "use engine.attention",
    "output_hidden_states": "import transformers itself",
    "output_loading_info": "import transformers itself",
}

_DTYPES = {"float32": "f32", "float": "f32", "float16": "f16", "half": "f16", "bfloat16": "bf16"}

_open: WeakValueDictionary[Any, Engine] = WeakValueDictionary()
_lock = Lock()


def dtype_of(asked: Any) -> str | None:
    """The engine's name for the format of weights that was asked for; None for the one they have.

    >>> dtype_of("torch.bfloat16"), dtype_of("auto"), dtype_of("q8_0")
    ('bf16', None, 'q8_0')
    """
    if asked is None or str(asked) == "auto":
        return None
    name = str(asked).removeprefix("torch.")
    return _DTYPES.get(name, name)


def device_noted(device: Any) -> None:
    """Takes note of where a program wants its model; says once that it stays on the CPU."""
    named = [str(one) for one in device.values()] if isinstance(device, dict) else [str(device)]
    for one in named:
        if one not in ("None", "cpu", "auto", "balanced", "balanced_low_0", "sequential"):
            once(f"device {one}: this engine computes on the CPU, whatever the device; results are the same")


def refuse(call: str, arguments: dict[str, Any], unless: frozenset[str] = frozenset()) -> None:
    """Refuses what is not known; what is None or False asks for nothing.

    Raises:
        ValueError: naming the argument, and the way out.
    """
    for name, value in arguments.items():
        if name in unless or name in HARMLESS or value is None or value is False:
            continue
        way = REFUSED.get(name, "leave it out, or import transformers itself")
        raise ValueError(f"{call} does not take {name}={value!r}; {way}")


def opened(name: str | os.PathLike[str], arguments: dict[str, Any]) -> Engine:
    """The engine of a model, and takes its arguments out of those given. A model's tokenizer and the model share one.

    Raises:
        beamline.ModelError: when there is no such model, or it is not valid.
        ValueError: when an argument is out of its range.
    """
    asked = os.fspath(name)
    revision, local = arguments.pop("revision", None), arguments.pop("local_files_only", None)
    device_noted(arguments.pop("device_map", None))
    dtype = arguments.pop("torch_dtype", None) or arguments.pop("dtype", None)
    arguments.pop("dtype", None)
    given = {key: arguments.pop(key) for key in ENGINES if key in arguments}
    model = files.engine_name(asked, revision)
    if local and files.folder(model) is None and not os.path.exists(model) and model != "builtin":
        raise OSError(f"{asked} is not in the cache, and local_files_only=True keeps the hub from being asked")
    opening = {"dtype": dtype_of(dtype), **given}
    key = (os.getpid(), os.path.abspath(model) if os.path.exists(model) else model, tuple(sorted(opening.items())))
    with _lock:
        engine = _open.get(key)
        if engine is None:
            engine = _open[key] = Engine(model, **opening)
        return engine
