"""Beamline's models in ``llm``: by name, with every decoding option, streaming, schemas, and log-probabilities in the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import llm
from pydantic import Field, create_model

import beamline

#: New tokens where nobody says how many.
MAX_NEW_TOKENS = 256


def _listed() -> Path:
    """The file of the models that were added."""
    return Path(llm.user_dir()) / "beamline-models.json"


def _models() -> dict[str, str]:
    """The models that were added: what each is opened as, by its name.

    Raises:
        click.ClickException: when the file is damaged.
    """
    path = _listed()
    if not path.exists():
        return {}
    try:
        models = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{path} is no JSON ({error}); mend it, or remove it") from None
    if not isinstance(models, dict) or not all(isinstance(model, str) for model in models.values()):
        raise click.ClickException(f"{path} must be an object of models by name; mend it, or remove it")
    return models


@llm.hookimpl
def register_models(register: Any) -> None:
    """Registers the model that comes along, and those that were added."""
    register(Beamline("beamline", "builtin"))
    for name, model in _models().items():
        register(Beamline(f"beamline/{name}", model))


@llm.hookimpl
def register_commands(cli: click.Group) -> None:
    """Adds ``llm beamline add``, ``remove`` and ``list``."""

    @cli.group(name="beamline")
    def group() -> None:
        """Models of Beamline."""

    @group.command()
    @click.argument("model")
    @click.option("--name", help="what llm calls it, after beamline/; the end of MODEL by default")
    def add(model: str, name: str | None) -> None:
        """Add MODEL: one of the hub, a folder, a .gguf file.

        It is opened once, so that what is wrong with it is known now.
        """
        here = Path(model)
        called = name or (here.stem if here.suffix == ".gguf" else here.name)
        try:
            engine = beamline.Engine(model)
        except (beamline.ModelError, ValueError) as error:
            raise click.ClickException(str(error)) from None
        models = _models() | {called: str(here.resolve()) if here.exists() else model}
        _listed().write_text(json.dumps(models, indent=2) + "\n", encoding="utf-8")
        click.echo(f"beamline/{called}: {engine!r}")

    @group.command()
    @click.argument("name")
    def remove(name: str) -> None:
        """Forget the model NAME; its files stay."""
        models = _models()
        if name.removeprefix("beamline/") not in models:
            raise click.ClickException(f"there is no model {name!r}; there are {', '.join(models) or 'none'}")
        del models[name.removeprefix("beamline/")]
        _listed().write_text(json.dumps(models, indent=2) + "\n", encoding="utf-8")

    @group.command(name="list")
    def every() -> None:
        """List the models that were added."""
        for name, model in _models().items():
            click.echo(f"beamline/{name}: {model}")


def _options() -> Any:
    """The decoding options, for pydantic and for llm's help. Values are held to their ranges by the engine, in its words."""
    fields: dict[str, Any] = {
        option["name"]: (Any, Field(default=None, description=f"{option['short']}: {option['range']}"))
        for option in beamline.options()
        # The schema of llm's own is one.
        if option["name"] not in ("json_schema",)
    }
    return create_model("Options", __base__=llm.Options, **fields)


def _value(value: Any) -> Any:
    """A value as the command line has it, as what it says: numbers, true, false, lists."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


class Beamline(llm.Model):
    """A model of Beamline."""

    can_stream = True
    supports_schema = True

    def __init__(self, model_id: str, model: str) -> None:
        self.model_id = model_id
        self.model = model
        self.Options = _options()

    def _prompt(self, engine: beamline.Engine, prompt: llm.Prompt) -> tuple[str | list[int], dict[str, Any]]:
        """What the model reads, and the options of an answer."""
        told = [
            {"role": message.role, "content": "".join(part.text for part in message.parts if hasattr(part, "text"))}
            for message in prompt.messages
        ]
        if not engine._native.chat_templates:
            return "\n".join(message["content"] for message in told), {}
        _, ids, ends = engine._native.chat_prompt(json.dumps(told))
        return ids, {"eos_token_id": ends} if ends else {}

    def execute(
        self, prompt: llm.Prompt, stream: bool, response: llm.Response, conversation: llm.Conversation | None
    ) -> Iterator[str]:
        """Continues the prompt, or answers it."""
        del conversation  # the prompt has its messages
        engine = beamline.Engine.shared(self.model)
        given = {name: _value(value) for name, value in prompt.options.model_dump().items() if value is not None}
        begin, options = self._prompt(engine, prompt)
        if not {"max_new_tokens", "max_length"} & given.keys():
            options["max_new_tokens"] = MAX_NEW_TOKENS
        if prompt.schema:
            options["json_schema"] = json.dumps(prompt.schema)
        options |= given
        running = engine.stream(begin, **options)
        if stream:
            yield from (news.text for news in running if news.sequence == 0 and news.text)
        else:
            for _ in running:
                pass
            yield running.completion.text
        self._log(response, running.completion)

    def _log(self, response: llm.Response, completion: beamline.Completion) -> None:
        """Keeps the numbers of the text with it."""
        best = completion.sequences[0]
        response.response_json = {
            "finish_reason": best.finish_reason,
            "stop_string": best.stop_string,
            "sum_logprob": best.sum_logprob,
            "tokens": [
                {"token": text, "id": token, "logprob": logprob}
                for text, token, logprob in zip(
                    best.tokens, best.token_ids.tolist(), best.logprobs.tolist(), strict=True
                )
            ],
            "options": {
                name: one["value"] for name, one in completion.effective_config.items() if one["origin"] == "flag"
            },
            "sequences": [sequence.text for sequence in completion.sequences],
        }
        usage = completion.usage
        response.set_usage(input=usage["prompt_tokens"], output=usage["new_tokens"])
        response.set_resolved_model(self.model)
