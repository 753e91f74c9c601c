"""beamline under Ray Serve: each replica is a process of `beamline serve` of its own, and Ray sends requests to them.

    pip install "ray[serve]" httpx
    MODEL=model.gguf serve run docs.serving.ray_serve:app      # or: python docs/serving/ray_serve.py

Ray starts replicas on the nodes of a cluster, starts one anew that has died, and adds some when requests queue. The model's file
must be there on every node. Streams go through as they come, and a client that goes away is seen by the server within a step.
"""

import asyncio
import os
import subprocess

import httpx
from ray import serve
from starlette.requests import Request
from starlette.responses import StreamingResponse

# Headers that are between two neighbours and do not go on.
HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


@serve.deployment(
    ray_actor_options={"num_cpus": 1},
    max_ongoing_requests=64,
    autoscaling_config={"min_replicas": 2, "max_replicas": 2, "target_ongoing_requests": 16},
    graceful_shutdown_timeout_s=60,
    health_check_period_s=5,
)
class Beamline:
    """One process, and what passes requests on to it."""

    def __init__(self, model: str, command: str = "beamline", threads: int = 1):
        # The server is told its threads, as Ray's num_cpus is bookkeeping alone.
        arguments = [command, "serve", "--port", "0", "--model", model, "--threads", str(threads)]
        self.server = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
        self.url = None
        for line in self.server.stderr:
            if line.startswith("listening on "):
                self.url = line.split()[-1]
            if line.strip() == "ready":
                break
        if self.server.poll() is not None or self.url is None:
            raise RuntimeError("beamline did not begin; run the command by hand to see why")
        # Somebody must read the log, or it fills its pipe.
        asyncio.get_event_loop().run_in_executor(None, self.server.stderr.read)
        self.client = httpx.AsyncClient(base_url=self.url, timeout=620)

    async def __call__(self, request: Request) -> StreamingResponse:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
        headers.pop("origin", None)
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        asked = self.client.build_request(request.method, path, headers=headers, content=await request.body())
        answer = await self.client.send(asked, stream=True)
        passed = {name: value for name, value in answer.headers.items() if name.lower() not in HOP}

        async def pieces():
            try:
                async for piece in answer.aiter_raw():
                    yield piece
            finally:
                await answer.aclose()  # the client is gone: so are its sessions

        return StreamingResponse(pieces(), status_code=answer.status_code, headers=passed)

    def check_health(self):
        if self.server.poll() is not None:
            raise RuntimeError("the server has ended")

    def __del__(self):
        if getattr(self, "server", None):
            self.server.terminate()


app = Beamline.bind(os.environ.get("MODEL", "builtin"), os.environ.get("BEAMLINE", "beamline"))

if __name__ == "__main__":
    serve.run(app, blocking=True)
