"""All that a server keeps, as one caller may see and change it."""

from __future__ import annotations

from anyhub.hub.access.accounts import GuardedAccounts, KeptAccounts
from anyhub.hub.access.community import GuardedCommunity
from anyhub.hub.access.hub import GuardedHub
from anyhub.hub.community import Community
from anyhub.hub.serving import ServedHub
from anyhub.people import Principal
from anyhub.values import REPO_TYPES, Query


def guarded(
    hub: ServedHub,
    accounts: KeptAccounts,
    community: Community,
    principal: Principal,
    *,
    anonymous_read: bool = False,
    base_url: str = "",
) -> tuple[GuardedHub, GuardedAccounts, GuardedCommunity]:
    """Put guards around a hub and what is kept beside it; made anew for each request.

    Args:
        hub (`ServedHub`), accounts (`KeptAccounts`), community (`Community`): What is guarded.
        principal (`Principal`): Who asks.
        anonymous_read (`bool`): Whether what is public is shown to those who have not logged in.
        base_url (`str`): The public address of the hub, without a slash at its end.
    """
    guard = GuardedHub(
        hub, principal, anonymous_read=anonymous_read, has_access=community.has_access, base_url=base_url
    )
    return (
        guard,
        GuardedAccounts(
            accounts, principal, anonymous_read=anonymous_read, has_repos=lambda name: _has_repos(hub, name)
        ),
        GuardedCommunity(community, guard.warden),
    )


def _has_repos(hub: ServedHub, namespace: str) -> bool:
    return any(True for type in REPO_TYPES for _ in hub.search(Query(type, author=namespace, limit=1)))
