"""Pages of repositories for people, which show what the caller may see and change nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from anyhub.cards.text import CardText
from anyhub.community import Discussion, Event
from anyhub.constants import REPOCARD_NAME
from anyhub.errors import AccessError, DiscussionNotFoundError, NotFoundError
from anyhub.server.answers import Answer
from anyhub.server.call import Call, Handler
from anyhub.server.diffs import diff
from anyhub.server.pages import page
from anyhub.server.pages.markup import Markup, element, escaped, joined, link, table
from anyhub.server.rights import check_reads
from anyhub.values import DEFAULT_BRANCH, REPO_TYPES, Entry, Query, RepoId, RepoInfo
from anyhub.wire.routes import BY_NAME

PAGE = 1000
MAX_REPOS = 200
MAX_TEXT_BYTES = 512_000
MAX_TAGS = 30
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # that git knows everywhere: what was before the first commit
_CUT = "\n… The rest is left out; clone the repository to see it.\n"


def namespace(call: Call) -> Answer:
    """Show the repositories of a user or organisation that the caller may see."""
    name = call.parts["namespace"]
    found = {kind: list(call.hub.search(Query(kind, author=name, limit=MAX_REPOS))) for kind in REPO_TYPES}
    first = next((info for each in found.values() for info in each), None)
    if first is None:
        raise NotFoundError(f"There is nobody called {name!r} with repositories that you may see. Check the name.")
    listed = ((element("h2", f"{kind.title()}s"), _repos(call, infos)) for kind, infos in found.items() if infos)
    body = joined(piece for each in listed for piece in each)
    owner = first.repo.namespace
    return page("web", {"crumbs": "", "title": owner, "about": "", "tabs": "", "body": body}, title=owner, kind="wide")


def repo(call: Call) -> Answer:
    """Show a repository: what is known of it, and its card."""
    info = call.hub.info(call.repo())
    about = [f"Changed {info.last_modified:%d %B %Y}", _count(info.likes, "like"), _count(info.downloads, "download")]
    tags = element("div", *(element("span", tag, class_="badge") for tag in info.facts.tags[:MAX_TAGS]), class_="tags")
    kind = "" if info.repo.type == "model" else f" --repo-type {info.repo.type}"
    use = element("pre", f"hf download {info.repo}{kind}\ngit clone {call.hub.url(info.repo)}")
    body = joined([tags if info.facts.tags else "", _card(call, info), element("h2", "Get it"), use])
    return _shown(call, info, "Card", str(info.repo), body, about=about)


def tree(call: Call) -> Answer:
    """Show what is in a folder, with sizes, and addresses to download from."""
    info, revision, path = call.hub.info(call.repo()), call.parts["revision"], call.parts.get("path", "")
    commit = call.hub.resolve(info.repo, revision)
    number = call.number("p", 0, most=10**6)
    entries = call.hub.tree(info.repo, commit.oid, path, recursive=False)
    shown = list(islice(entries, number * PAGE, (number + 1) * PAGE + 1))
    rows = [_row(call, info.repo, revision, entry) for entry in shown[:PAGE]]
    body = joined([table(rows, ("Name", "Size", "")), _next(call, number) if len(shown) > PAGE else ""])
    about = [f"at {revision}", link(_to(call, "web.commit", info.repo, revision=commit.oid), commit.oid[:7])]
    return _shown(call, info, "Files", path or "Files", body, about=about, way=_way(call, info.repo, revision, path))


def blob(call: Call) -> Answer:
    """Show a file that is text and not long; of any other, where to download it."""
    asked = call.repo()
    check_reads(call, asked)
    info, revision, path = call.hub.info(asked), call.parts["revision"], call.parts["path"]
    entry = call.hub.entry(info.repo, call.hub.resolve(info.repo, revision).oid, path)
    if entry.is_folder:
        return Answer(307, {"Location": _to(call, "web.folder", info.repo, revision=revision, path=path)})
    text = _text(call, info.repo, entry)
    told = "This file is not text that can be shown here." if text is None else ""
    body = element("p", told) if text is None else element("pre", text)
    about = [_size(entry.size), link(_download(call, info.repo, revision, path), "Download")]
    return _shown(call, info, "Files", path, body, about=about, way=_way(call, info.repo, revision, path))


def commit(call: Call) -> Answer:
    """Show a commit: who made it, why, and what it changed."""
    asked = call.repo()
    check_reads(call, asked)
    info = call.hub.info(asked)
    shown = call.hub.resolve(info.repo, call.parts["revision"])
    before = shown.parents[0] if shown.parents else _EMPTY_TREE
    changed = diff(call.hub, info.repo, before, shown.oid)
    changed = changed if len(changed) <= MAX_TEXT_BYTES else changed[:MAX_TEXT_BYTES] + _CUT
    said = element("pre", shown.body, class_="prose") if shown.body.strip() else ""
    about = [f"{shown.author}, {shown.date:%d %B %Y, %H:%M}", element("code", shown.oid)]
    about += [_commit_link(call, info.repo, "Before it: ", each) for each in shown.parents]
    files = link(_to(call, "web.tree", info.repo, revision=shown.oid), "Files at this commit")
    body = joined([said, element("p", files), element("pre", changed or "It changed no file.")])
    return _shown(call, info, "Files", shown.title or shown.oid[:7], body, about=about)


def discussions(call: Call) -> Answer:
    """Show discussions and pull requests, the newest first."""
    info, number = call.hub.info(call.repo()), call.number("p", 0, most=10**6)
    found = call.hub.discussions(info.repo)
    shown = found[number * PAGE : (number + 1) * PAGE]
    rows = [
        (
            link(_to(call, "web.discussion", info.repo, number=str(each.number)), f"#{each.number} {each.title}"),
            _status(each),
            each.author,
            f"{each.created_at:%Y-%m-%d}",
        )
        for each in shown
    ]
    body = table(rows, ("Title", "Status", "By", "Since")) if rows else element("p", "Nothing was discussed yet.")
    body = joined([body, _next(call, number) if len(found) > (number + 1) * PAGE else ""])
    return _shown(call, info, "Discussions", "Discussions", body)


def discussion(call: Call) -> Answer:
    """Show one discussion or pull request, with all that happened in it."""
    info, text = call.hub.info(call.repo()), call.parts["number"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise DiscussionNotFoundError(f"{text[:20]!r} is not the number of a discussion.")
    found = call.hub.discussion(info.repo, int(text))
    about = [_status(found), f"by {found.author}, {found.created_at:%d %B %Y}"]
    if found.is_pull_request:
        ref = f"refs/pr/{found.number}"
        about.append(link(_to(call, "web.tree", info.repo, revision=ref), f"Files of {ref}"))
    body = joined(_event(call, info.repo, event) for event in found.events)
    return _shown(call, info, "Discussions", f"#{found.number} {found.title}", body, about=about)


# -- what pages of a repository have in common


def _shown(
    call: Call, info: RepoInfo, part: str, title: str, body: str, *, about: Sequence[str] = (), way: str = ""
) -> Answer:
    home = link(_to(call, "web.namespace", None, namespace=info.repo.namespace), info.repo.namespace)
    crumbs = joined([home, " / ", link(_to(call, "web.repo", info.repo), info.repo.name), way])
    marks = [element("span", mark, class_="badge") for mark in _marks(info)]
    texts = {
        "crumbs": crumbs,
        "title": title,
        "about": joined([*marks, *(element("span", each) for each in about)]),
        "tabs": _tabs(call, info.repo, part),
        "body": body,
    }
    named = title if title == str(info.repo) else f"{title} · {info.repo}"
    return page("web", texts, title=named, kind="wide")


def _marks(info: RepoInfo) -> Iterator[str]:
    yield info.repo.type
    if info.private:
        yield "private"
    if info.gated:
        yield "gated"


def _tabs(call: Call, of: RepoId, part: str) -> Markup:
    places = {
        "Card": _to(call, "web.repo", of),
        "Files": _to(call, "web.tree", of, revision=DEFAULT_BRANCH),
        "Discussions": _to(call, "web.discussions", of),
    }
    return joined(
        link(address, name, **({"aria-current": "page"} if name == part else {})) for name, address in places.items()
    )


def _to(call: Call, route: str, of: RepoId | None, **parts: str) -> str:
    """Return the address of another page, or of a file."""
    if of is not None:
        parts |= {"prefix": _kind(of), "repo": str(of)}
    return call.base_url + BY_NAME[route].path(**parts)


def _kind(of: RepoId) -> str:
    return "" if of.type == "model" else f"{of.type}s/"


def _way(call: Call, of: RepoId, revision: str, path: str) -> Markup:
    """Return the folders that lead to a file, each as a link."""
    steps = path.split("/")[:-1]
    top = link(_to(call, "web.tree", of, revision=revision), revision)
    folders = (
        link(_to(call, "web.folder", of, revision=revision, path="/".join(steps[: place + 1])), step)
        for place, step in enumerate(steps)
    )
    return joined(piece for each in (top, *folders) for piece in (" / ", each))


def _next(call: Call, number: int) -> Markup:
    return element("p", link(f"?p={number + 1}", "More"))


# -- parts of single pages


def _repos(call: Call, infos: Sequence[RepoInfo]) -> Markup:
    rows = [
        (
            link(_to(call, "web.repo", info.repo), info.repo.name),
            "private" if info.private else "",
            info.facts.pipeline_tag or "",
            f"{info.last_modified:%Y-%m-%d}",
        )
        for info in infos
    ]
    return table(rows, ("Name", "", "Task", "Changed"))


def _card(call: Call, info: RepoInfo) -> Markup:
    """Return the text of the card; why there is none, when the caller may not read it."""
    found = call.hub.find(info.repo, info.head, [REPOCARD_NAME]) if info.head else []
    if not found or found[0].is_folder:
        return element("p", "This repository has no card yet.")
    try:
        text = _text(call, info.repo, found[0])
    except AccessError as error:
        return element("p", error.message)
    if text is None:
        return element("p", "The card is not text that can be shown here.")
    return element("pre", CardText.cut(text).text.strip(), class_="prose")


def _text(call: Call, of: RepoId, entry: Entry) -> str | None:
    """Return a file as text; None when it is long, or something else."""
    if entry.size > MAX_TEXT_BYTES:
        return None
    with call.hub.open(of, entry) as stream:
        data = stream.read(MAX_TEXT_BYTES)
    try:
        return None if b"\0" in data else data.decode()
    except UnicodeDecodeError:
        return None


def _row(call: Call, of: RepoId, revision: str, entry: Entry) -> tuple[str, str, str]:
    name = entry.path.rpartition("/")[2]
    if entry.is_folder:
        return link(_to(call, "web.folder", of, revision=revision, path=entry.path), f"{name}/"), "", ""
    shown = link(_to(call, "web.blob", of, revision=revision, path=entry.path), name)
    return shown, _size(entry.size), link(_download(call, of, revision, entry.path), "Download")


def _download(call: Call, of: RepoId, revision: str, path: str) -> str:
    return _to(call, "file.resolve", of, revision=revision, path=path) + "?download=true"


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} B"
    amount, units = count / 1000, ["kB", "MB", "GB", "TB"]
    while amount >= 999.95 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.1f} {units[0]}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _commit_link(call: Call, of: RepoId, before: str, oid: str) -> Markup:
    return joined([before, link(_to(call, "web.commit", of, revision=oid), oid[:7])])


def _status(found: Discussion) -> Markup:
    kind = "pull request" if found.is_pull_request else "discussion"
    return escaped(f"{kind}, {found.status}")


def _event(call: Call, of: RepoId, event: Event) -> Markup:
    who = f"{event.author}, {event.created_at:%d %B %Y, %H:%M}: "
    match event.type:
        case "comment" if event.hidden:
            told = [who, "a comment that was hidden"]
        case "comment" if not event.content.strip():
            told = [who, "no description"]
        case "comment":
            return element("div", element("p", who), element("pre", event.content, class_="prose"), class_="event")
        case "status-change":
            told = [who, f"made it {event.status}"]
        case "title-change":
            told = [who, f"called it {event.new_title!r}, which was {event.old_title!r} before"]
        case "commit":
            told = [who, _commit_link(call, of, f"{event.subject} ", event.oid)]
    return element("div", element("p", *told), class_="event")


HANDLERS: dict[str, Handler] = {
    "web.namespace": namespace,
    "web.repo": repo,
    "web.tree": tree,
    "web.folder": tree,
    "web.blob": blob,
    "web.commit": commit,
    "web.discussions": discussions,
    "web.discussion": discussion,
}
