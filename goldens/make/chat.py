"""Renders goldens/chat/templates for goldens/chat/conversations.json with Jinja2 as transformers sets it up.

Needs jinja2 3.1.6 and transformers 5.23.0: python goldens/make/chat.py
Writes goldens/chat/expected.json: for each template and conversation the text, or null where Jinja2 fails.
"""

import datetime
import json
import pathlib

import transformers.utils.chat_template_utils as chat

HERE = pathlib.Path(__file__).resolve().parent.parent / "chat"
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}


class Day(datetime.datetime):
    """The day that templates are told."""

    @classmethod
    def now(cls, tz=None):
        return cls(2026, 11, 30)


chat.datetime = Day


def render(source, conversation):
    fields = json.loads(json.dumps(conversation))
    messages = [{k: v for k, v in message.items() if v is not None} for message in fields["messages"]]
    try:
        texts, _ = chat.render_jinja_template(
            [messages],
            tools=fields.get("tools"),
            chat_template=source,
            add_generation_prompt=fields.get("add_generation_prompt", True),
            **{**TOKENS, **fields.get("chat_template_kwargs", {})},
        )
        return texts[0]
    except Exception as error:
        print(f"    {type(error).__name__}: {error}")
        return None


def main():
    conversations = json.loads((HERE / "conversations.json").read_text(encoding="utf-8"))
    expected = {}
    for path in sorted((HERE / "templates").glob("*.jinja")):
        source = path.read_text(encoding="utf-8")
        print(path.stem)
        expected[path.stem] = {name: render(source, conversation) for name, conversation in conversations.items()}
    text = json.dumps(expected, indent=1, ensure_ascii=False, sort_keys=True)
    (HERE / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
