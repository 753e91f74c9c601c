from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import beamline

#: Tests import what writes their files, however they are imported themselves.
sys.path.insert(0, str(Path(__file__).parent))

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def engine() -> beamline.Engine:
    return beamline.Engine()


@pytest.fixture(scope="session")
def command():
    """Runs the command and reads its JSON: what Python says must be what it says."""
    binary = os.environ.get("BEAMLINE")
    if not binary:
        pytest.skip("SKIPPED: BEAMLINE does not name the command, so nothing can be compared with it")

    def run(*arguments: str) -> dict:
        done = subprocess.run([binary, *arguments, "--json"], capture_output=True, check=True, text=True)
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A small model with random weights."""
    from checkpoints import gpt2

    return gpt2(tmp_path_factory.mktemp("face") / "tiny")


@pytest.fixture(scope="session")
def tokenizer(folder):
    """Its tokenizer under transformers' names, padding on the left."""
    from beamline import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, padding_side="left")
    tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


@pytest.fixture(scope="session")
def model(folder):
    """The model itself."""
    from beamline import transformers

    return transformers.AutoModelForCausalLM.from_pretrained(folder, return_dict=True).to("cpu").eval()
