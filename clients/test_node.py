"""Node's `openai`, by Node's own test runner. Node is no part of the tests' environment, so they need not have it."""

import os
import pathlib
import shutil
import subprocess

import pytest

NODE = pathlib.Path(__file__).parent / "node"


@pytest.mark.skipif(not (NODE / "node_modules").is_dir(), reason="SKIPPED: scripts/test-clients found no node or npm")
def test_node(plain, chatty):
    environment = os.environ | {"BEAMLINE_PLAIN": plain.v1, "BEAMLINE_CHATTY": chatty.v1}
    ran = subprocess.run([shutil.which("node"), "--test"], cwd=NODE, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
