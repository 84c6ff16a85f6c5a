"""The door of users and organisations: who asks, who there is, and their administration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anyhub.errors import AccessError, ValidationError
from anyhub.people import ROLES, Membership, Organization, Role
from anyhub.server.answers import Answer, json_answer
from anyhub.server.call import Call, Handler, field
from anyhub.server.paging import one_page
from anyhub.values import REPO_TYPES, Query
from anyhub.wire.bodies.people import (
    account_id,
    spell_member,
    spell_membership,
    spell_organization,
    spell_principal,
    spell_user,
)

PAGE = 500
MAX_COUNT = 10_000


def whoami(call: Call) -> Answer:
    """Say who asks."""
    principal = call.accounts.whoami()
    return json_answer(spell_principal(principal, organizations_of(call, principal.name)))


def organizations_of(call: Call, user: str) -> list[Organization]:
    """Return the organisations of a user, as far as the caller may see them."""
    return [call.accounts.organization(each.organization) for each in call.accounts.memberships(user)]


# -- what everybody may know


def user_overview(call: Call) -> Answer:
    """Describe a user."""
    user = call.accounts.user(call.parts["user"])
    organizations = [_spell_place(each) for each in organizations_of(call, user.name)]
    return json_answer(
        {
            **spell_member(user.name, user.fullname),
            "createdAt": spell_user(user)["createdAt"],
            "orgs": organizations,
            **_counts(call, user.name),
            "numLikes": len(call.community.likes(user.name)),
            "numFollowers": 0,
            "numFollowing": 0,
            "isFollowing": False,
        }
    )


def organization_overview(call: Call) -> Answer:
    """Describe an organisation."""
    organization = call.accounts.organization(call.parts["organization"])
    return json_answer(
        {
            **_spell_place(organization),
            "createdAt": spell_organization(organization)["createdAt"],
            "numUsers": _count_members(call, organization.name),
            **_counts(call, organization.name),
            "numFollowers": 0,
            "isFollowing": False,
            "isVerified": False,
        }
    )


def organization_members(call: Call) -> Answer:
    """List the members of an organisation."""
    page, headers = one_page(call, call.accounts.members(call.parts["organization"]), PAGE)
    return json_answer([_spell_person(call, each) for each in page], headers=headers)


def no_followers_of_user(call: Call) -> Answer:
    """List nobody, of a user who is there."""
    call.accounts.user(call.parts["user"])
    return json_answer([])


def no_followers_of_organization(call: Call) -> Answer:
    """List nobody, of an organisation that is there."""
    call.accounts.organization(call.parts["organization"])
    return json_answer([])


def _spell_place(organization: Organization) -> dict[str, Any]:
    return {
        "_id": account_id(organization.name),
        "type": "org",
        "name": organization.name,
        "fullname": organization.fullname or organization.name,
        "avatarUrl": "",
    }


def _spell_person(call: Call, member: Membership) -> dict[str, Any]:
    return {**spell_member(member.user, call.accounts.user(member.user).fullname), "role": member.role}


def _counts(call: Call, author: str) -> dict[str, int]:
    """Return how many repositories of each kind the caller sees there; it is counted up to 10,000."""
    queries = [Query(type=type, author=author, limit=MAX_COUNT) for type in REPO_TYPES]
    return {f"num{query.type.title()}s": sum(1 for _ in call.hub.search(query)) for query in queries}


def _count_members(call: Call, organization: str) -> int | None:
    try:
        return len(call.accounts.members(organization))
    except AccessError:  # the caller's token is not one to look at members; the rest may be told
        return None


# -- administration


def users(call: Call) -> Answer:
    """List users."""
    return _page(call, [spell_user(each) for each in call.accounts.users()])


def user(call: Call) -> Answer:
    """Show a user."""
    return json_answer(spell_user(call.accounts.user(call.parts["user"])))


def create_user(call: Call) -> Answer:
    """Add a user."""
    content = call.json()
    made = call.accounts.create_user(
        field(content, "name", str),
        fullname=field(content, "fullname", str, ""),
        email=field(content, "email", str, ""),
        is_admin=field(content, "isAdmin", bool, False),
        password=_maybe_text(content, "password"),
    )
    return json_answer(spell_user(made))


def delete_user(call: Call) -> Answer:
    """Remove a user."""
    call.accounts.delete_user(call.parts["user"])
    return json_answer({})


def set_password(call: Call) -> Answer:
    """Set the password of a user."""
    content = call.json()
    if "password" not in content:
        raise ValidationError("'password' is missing; it is a text, or null for no password.")
    call.accounts.set_password(call.parts["user"], _maybe_text(content, "password"))
    return json_answer({})


def organizations(call: Call) -> Answer:
    """List organisations."""
    return _page(call, [spell_organization(each) for each in call.accounts.organizations()])


def organization(call: Call) -> Answer:
    """Show an organisation."""
    return json_answer(spell_organization(call.accounts.organization(call.parts["organization"])))


def create_organization(call: Call) -> Answer:
    """Add an organisation."""
    content = call.json()
    name, fullname = field(content, "name", str), field(content, "fullname", str, "")
    made = call.accounts.create_organization(name, fullname=fullname, admin=_maybe_text(content, "admin"))
    return json_answer(spell_organization(made))


def delete_organization(call: Call) -> Answer:
    """Remove an organisation."""
    call.accounts.delete_organization(call.parts["organization"])
    return json_answer({})


def members(call: Call) -> Answer:
    """List members with their roles."""
    return _page(call, [spell_membership(each) for each in call.accounts.members(call.parts["organization"])])


def memberships(call: Call) -> Answer:
    """List the organisations that a user is in."""
    return _page(call, [spell_membership(each) for each in call.accounts.memberships(call.parts["user"])])


def set_member(call: Call) -> Answer:
    """Make a user a member, or give a member another role."""
    role = _role(field(call.json(), "role", str))
    return json_answer(spell_membership(call.accounts.set_member(call.parts["organization"], call.parts["user"], role)))


def remove_member(call: Call) -> Answer:
    """Take a user out of an organisation."""
    call.accounts.remove_member(call.parts["organization"], call.parts["user"])
    return json_answer({})


def _page(call: Call, things: Sequence[dict[str, Any]]) -> Answer:
    page, headers = one_page(call, things, PAGE)
    return json_answer(page, headers=headers)


def _maybe_text(content: dict[str, Any], name: str) -> str | None:
    return None if content.get(name) is None else field(content, name, str)


def _role(text: str) -> Role:
    for role in ROLES:
        if role == text:
            return role
    raise ValidationError(f"{text[:40]!r} is not a role; use one of {', '.join(ROLES)}.")


HANDLERS: dict[str, Handler] = {
    "people.whoami": whoami,
    "user.overview": user_overview,
    "user.followers": no_followers_of_user,
    "user.following": no_followers_of_user,
    "organization.overview": organization_overview,
    "organization.members": organization_members,
    "organization.followers": no_followers_of_organization,
    "admin.users": users,
    "admin.user": user,
    "admin.create_user": create_user,
    "admin.delete_user": delete_user,
    "admin.set_password": set_password,
    "admin.organizations": organizations,
    "admin.organization": organization,
    "admin.create_organization": create_organization,
    "admin.delete_organization": delete_organization,
    "admin.members": members,
    "admin.memberships": memberships,
    "admin.set_member": set_member,
    "admin.remove_member": remove_member,
}
