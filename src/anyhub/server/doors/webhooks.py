"""The door of webhooks: each user settles their own."""

from __future__ import annotations

from anyhub.community import Webhook
from anyhub.errors import NotFoundError, UnsupportedError
from anyhub.server.answers import Answer, json_answer
from anyhub.server.call import Call, Handler, field
from anyhub.wire.bodies.community import read_domains, read_watched, spell_webhook

_SWITCH = {"enable": True, "disable": False}


def list_all(call: Call) -> Answer:
    """List the caller's webhooks."""
    return json_answer([spell_webhook(each) for each in call.community.webhooks(call.principal.name)])


def create(call: Call) -> Answer:
    """Add a webhook."""
    content = call.json()
    _check_is_address(content)
    made = call.community.create_webhook(
        call.principal.name,
        field(content, "url", str),
        read_watched(field(content, "watched", list)),
        domains=read_domains(field(content, "domains", list, ["repo", "discussion"])),
        secret=field(content, "secret", str, "") or None,
    )
    return _told(made)


def details(call: Call) -> Answer:
    """Show a webhook."""
    return _told(call.community.webhook(call.principal.name, call.parts["webhook"]))


def update(call: Call) -> Answer:
    """Change a webhook. Clients send an empty list of what it watches to leave that as it is."""
    content = call.json()
    _check_is_address(content)
    domains = content.get("domains")
    changed = call.community.update_webhook(
        call.principal.name,
        call.parts["webhook"],
        url=field(content, "url", str, "") or None,
        watched=read_watched(field(content, "watched", list, [])) or None,
        domains=None if domains is None else read_domains(field(content, "domains", list)),
        secret=field(content, "secret", str, "") or None,
    )
    return _told(changed)


def delete(call: Call) -> Answer:
    """Remove a webhook."""
    call.community.delete_webhook(call.principal.name, call.parts["webhook"])
    return json_answer({"success": True})


def enable(call: Call) -> Answer:
    """Switch a webhook on or off."""
    action = call.parts["action"]
    if action not in _SWITCH:
        raise NotFoundError(f"A webhook has no {action[:40]!r}; it has 'enable' and 'disable'.")
    name, id = call.principal.name, call.parts["webhook"]
    return _told(call.community.update_webhook(name, id, enabled=_SWITCH[action]))


def _told(webhook: Webhook) -> Answer:
    return json_answer({"webhook": spell_webhook(webhook)})


def _check_is_address(content: dict[str, object]) -> None:
    if content.get("jobSourceId") is not None or content.get("job") is not None:
        raise UnsupportedError("A webhook of this hub tells an address, and starts no job. Give it a 'url'.")


HANDLERS: dict[str, Handler] = {
    "webhook.list": list_all,
    "webhook.create": create,
    "webhook.details": details,
    "webhook.update": update,
    "webhook.delete": delete,
    "webhook.enable": enable,
}
