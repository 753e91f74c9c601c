"""Servers for the tests: the built-in model, as it is and with a chat template, on free ports of this machine."""

import os
import pathlib
import re
import subprocess
import threading

import pytest

HERE = pathlib.Path(__file__).parent
BINARY = os.environ.get("BEAMLINE", str(HERE.parent / "target" / "debug" / "beamline"))


class Server:
    """A server in a process of its own."""

    def __init__(self, *flags):
        command = [BINARY, "serve", "--model", "builtin", "--port", "0", *flags]
        environment = {k: v for k, v in os.environ.items() if k != "BEAMLINE_API_KEY"}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        self.lines = []
        self.ready = threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if not self.ready.wait(120) or self.process.poll() is not None:
            self.process.kill()
            raise RuntimeError("the server does not start:\n" + "\n".join(self.lines))

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip())
            found = re.match(r"listening on (http://\S+)", line)
            if found:
                self.url = found.group(1)
            if line.startswith("ready"):
                self.ready.set()
        self.ready.set()

    @property
    def v1(self):
        return self.url + "/v1"

    def stop(self):
        self.process.terminate()
        assert self.process.wait(60) == 0, "\n".join(self.lines[-20:])


def served(*flags):
    server = Server(*flags)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def plain():
    """The built-in model, which has no chat template."""
    yield from served()


@pytest.fixture(scope="session")
def chatty():
    """The same with a chat template, under a name of its own."""
    yield from served("--chat-template", str(HERE / "chat.jinja"), "--name", "storyteller")


@pytest.fixture(scope="session")
def keyed():
    """A server that asks for a key."""
    yield from served("--api-key", "sesame")


@pytest.fixture(scope="session")
def stories(plain):
    """The model's name."""
    import openai

    with openai.OpenAI(base_url=plain.v1, api_key="none") as client:
        return client.models.list().data[0].id


@pytest.fixture(autouse=True)
def quiet(monkeypatch, tmp_path):
    """Clients find nothing of the user's: no keys, no settings, no home."""
    for name in list(os.environ):
        if name.startswith(("OPENAI_", "LITELLM_", "LANGCHAIN_", "LANGSMITH_", "LLM_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path))
