"""The server itself, and what clients send without waiting for an answer."""

from __future__ import annotations

from anyhub.errors import UnsupportedError
from anyhub.server.answers import Answer, json_answer, text_answer
from anyhub.server.call import Call, Handler
from anyhub.server.openapi import description

_HOME = """\
This is anyhub, a hub for models, data sets and spaces.

  export HF_ENDPOINT={url} HF_HUB_DISABLE_XET=1
  hf auth login          # or: huggingface-cli login
  hf upload my-model .   # or: git clone {url}/<user>/my-model

{url}/openapi.json describes every call.
"""


def home(call: Call) -> Answer:
    """Say what this is, and how to use it."""
    return text_answer(_HOME.format(url=call.base_url))


def health(call: Call) -> Answer:
    """Say that the server answers."""
    return json_answer({"status": "ok"})


def openapi(call: Call) -> Answer:
    """Describe the API."""
    return json_answer(description(call.base_url))


def nothing(call: Call) -> Answer:
    """Take no notice."""
    return Answer(204)


def harnesses(call: Call) -> Answer:
    """List nothing: clients look for the names of tools that they were started by, and tell them with each request."""
    return json_answer({"standardEnvVars": [], "harnesses": {}})


def unbuilt(call: Call) -> Answer:
    """Refuse what this version does not have.

    Raises:
        UnsupportedError: Always.
    """
    raise UnsupportedError(f"{call.route.summary.partition(':')[0]} are not something that this server has.")


HANDLERS: dict[str, Handler] = {
    "server.home": home,
    "server.health": health,
    "server.openapi": openapi,
    "noise.telemetry": nothing,
    "noise.telemetry_sent": nothing,
    "noise.harnesses": harnesses,
}
