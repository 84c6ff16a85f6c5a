"""The tables of a hub's database, and how those of older formats become these.

They are drawn in ``docs/formats/hub-on-disk.md``. Times are microseconds since 1970, in UTC, where nothing else is
said.
"""

from __future__ import annotations

FORMAT = 2
"""The number of the format; `MIGRATIONS` has a script from each older one to the next."""

REPOSITORIES = """
CREATE TABLE repos (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice, so that a late writer can not hit another repository
    folder TEXT NOT NULL UNIQUE,         -- repos/<folder>/pack: random, so that a new repository never meets old files
    key TEXT NOT NULL UNIQUE,            -- lower-case models/me/x
    type TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    private INTEGER NOT NULL,
    created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL,     -- microseconds since 1970, UTC
    creator TEXT NOT NULL DEFAULT '',    -- the user who created it
    gated TEXT,                          -- 'auto' or 'manual'
    facts TEXT NOT NULL DEFAULT '{}',    -- JSON: what the files on main say (anyhub.values.RepoFacts)
    facts_of TEXT NOT NULL DEFAULT '',   -- the commit that they were read from
    pipeline_tag TEXT, library_name TEXT,
    parameters INTEGER                   -- how many numbers its safetensors files hold
);
CREATE TABLE refs (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    name TEXT NOT NULL,                  -- refs/heads/main, refs/tags/v1, refs/pr/1
    target TEXT NOT NULL,                -- a commit id
    object TEXT,                         -- the id of the tag object that stands between an annotated tag and its commit
    PRIMARY KEY (repo, name)
) WITHOUT ROWID;
CREATE TABLE packs (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    name TEXT NOT NULL, size INTEGER NOT NULL, objects INTEGER NOT NULL,
    PRIMARY KEY (repo, name)
) WITHOUT ROWID;
CREATE TABLE commits (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    oid TEXT NOT NULL, tree TEXT NOT NULL,
    parents TEXT NOT NULL,               -- ids, separated by spaces
    author TEXT NOT NULL, date INTEGER NOT NULL,                   -- seconds since 1970
    title TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (repo, oid)
) WITHOUT ROWID;
CREATE TABLE trees (
    id INTEGER PRIMARY KEY,
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    oid TEXT NOT NULL,
    UNIQUE (repo, oid)
);
CREATE TABLE entries (
    tree INTEGER NOT NULL REFERENCES trees(id) ON DELETE CASCADE,
    name TEXT NOT NULL, mode INTEGER NOT NULL, oid TEXT NOT NULL,
    size INTEGER NOT NULL,               -- bytes of the content, not of its pointer
    sha256 TEXT, pointer_size INTEGER NOT NULL,
    PRIMARY KEY (tree, name)
) WITHOUT ROWID;
CREATE TABLE large_files (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    sha256 TEXT NOT NULL, size INTEGER NOT NULL,
    pushed_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (repo, sha256)
) WITHOUT ROWID;
CREATE INDEX large_files_by_sha256 ON large_files (sha256);
CREATE TABLE garbage (                   -- files that are to be removed, until they are
    kind TEXT NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID
"""

CATALOG = """
CREATE INDEX repos_by_modified_at ON repos (type, modified_at, id);
CREATE INDEX repos_by_created_at ON repos (type, created_at, id);
CREATE TABLE tags (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (repo, tag)
) WITHOUT ROWID;
CREATE INDEX tags_by_tag ON tags (tag, repo);
CREATE TABLE redirects (                 -- names that repositories had
    key TEXT PRIMARY KEY,
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE uploads (                   -- large files that came for a repository and that no commit links yet
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    sha256 TEXT NOT NULL, size INTEGER NOT NULL, uploaded_at INTEGER NOT NULL,
    PRIMARY KEY (repo, sha256)
) WITHOUT ROWID;
CREATE INDEX uploads_by_sha256 ON uploads (sha256);
CREATE TABLE downloads (                 -- per day, counted once for each file of a load that tells a model was loaded
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    day INTEGER NOT NULL,                -- days since 1970
    count INTEGER NOT NULL,
    PRIMARY KEY (repo, day)
) WITHOUT ROWID
"""

DISCUSSIONS = """
CREATE TABLE discussions (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    title TEXT NOT NULL, author TEXT NOT NULL, status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    is_pull_request INTEGER NOT NULL,
    target TEXT, merge_commit TEXT,
    PRIMARY KEY (repo, number)
) WITHOUT ROWID;
CREATE TABLE events (
    repo INTEGER NOT NULL, number INTEGER NOT NULL,
    position INTEGER NOT NULL,           -- counts from 0 in each discussion; 0 is the first comment
    id TEXT NOT NULL,
    type TEXT NOT NULL, author TEXT NOT NULL, created_at INTEGER NOT NULL,
    data TEXT NOT NULL,                  -- JSON: what the type of event has beside these
    PRIMARY KEY (repo, number, position),
    FOREIGN KEY (repo, number) REFERENCES discussions(repo, number) ON DELETE CASCADE
) WITHOUT ROWID
"""

PEOPLE = """
CREATE TABLE accounts (                  -- users and organisations, which share one set of names
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,            -- the name in lower case; stays taken when the account is deleted
    name TEXT NOT NULL,
    is_organization INTEGER NOT NULL,
    fullname TEXT NOT NULL, email TEXT NOT NULL,
    is_admin INTEGER NOT NULL,
    password TEXT,                       -- an Argon2 hash
    created_at INTEGER NOT NULL, deleted_at INTEGER
);
CREATE TABLE memberships (
    organization INTEGER NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
    user INTEGER NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    PRIMARY KEY (organization, user)
) WITHOUT ROWID;
CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    user INTEGER NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
    name TEXT NOT NULL, role TEXT NOT NULL,
    scopes TEXT NOT NULL,                -- JSON
    digest TEXT NOT NULL UNIQUE,         -- SHA-256 of the secret, which nobody keeps
    created_at INTEGER NOT NULL, expires_at INTEGER, last_used_at INTEGER,
    UNIQUE (user, name)
) WITHOUT ROWID;
CREATE TABLE device_codes (
    digest TEXT PRIMARY KEY,             -- SHA-256 of the device's secret
    user_code TEXT NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL, polled_at INTEGER,
    user INTEGER REFERENCES accounts(id) ON DELETE CASCADE, denied INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE login_attempts (             -- by password, that did not succeed
    name TEXT NOT NULL,                  -- SHA-256 of the name that was given, in lower case
    at INTEGER NOT NULL
);
CREATE INDEX login_attempts_by_name ON login_attempts (name, at);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID
"""

COMMUNITY = """
CREATE TABLE likes (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    user TEXT NOT NULL COLLATE NOCASE, liked_at INTEGER NOT NULL,
    PRIMARY KEY (repo, user)
) WITHOUT ROWID;
CREATE INDEX likes_by_user ON likes (user, liked_at);
CREATE TABLE access_requests (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    user TEXT NOT NULL COLLATE NOCASE, status TEXT NOT NULL, created_at INTEGER NOT NULL,
    fields TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (repo, user)
) WITHOUT ROWID;
CREATE TABLE collections (
    slug TEXT PRIMARY KEY,               -- ends with 24 hexadecimal digits, which stay when the title changes
    owner TEXT NOT NULL COLLATE NOCASE,
    title TEXT NOT NULL, description TEXT NOT NULL, theme TEXT NOT NULL,
    private INTEGER NOT NULL, modified_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX collections_by_id ON collections (substr(slug, -24));
CREATE TABLE collection_items (
    collection TEXT NOT NULL REFERENCES collections(slug) ON DELETE CASCADE ON UPDATE CASCADE,
    id TEXT NOT NULL,
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    note TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (collection, id), UNIQUE (collection, repo)
) WITHOUT ROWID;
CREATE TABLE webhooks (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL COLLATE NOCASE, url TEXT NOT NULL,
    watched TEXT NOT NULL, domains TEXT NOT NULL,                  -- JSON
    secret TEXT, enabled INTEGER NOT NULL, created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE deliveries (                -- what webhooks are still to be told
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook TEXT NOT NULL REFERENCES webhooks(id) ON DELETE CASCADE,
    payload TEXT NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL
);
CREATE INDEX deliveries_by_webhook ON deliveries (webhook, id)
"""

_FROM_1_TO_2 = f"""
ALTER TABLE repos ADD COLUMN creator TEXT NOT NULL DEFAULT '';
ALTER TABLE repos ADD COLUMN gated TEXT;
ALTER TABLE repos ADD COLUMN facts TEXT NOT NULL DEFAULT '{{}}';
ALTER TABLE repos ADD COLUMN facts_of TEXT NOT NULL DEFAULT '';
ALTER TABLE repos ADD COLUMN pipeline_tag TEXT;
ALTER TABLE repos ADD COLUMN library_name TEXT;
ALTER TABLE repos ADD COLUMN parameters INTEGER;
ALTER TABLE refs ADD COLUMN object TEXT;
ALTER TABLE large_files ADD COLUMN pushed_at INTEGER NOT NULL DEFAULT 0;
{CATALOG};
{DISCUSSIONS};
INSERT INTO discussions (repo, number, title, author, status, created_at, is_pull_request, target, merge_commit)
    SELECT repo, number, title, author, status, created_at, 1, target, merge_commit FROM pull_requests;
INSERT INTO events (repo, number, position, id, type, author, created_at, data)
    SELECT repo, number, 0, lower(hex(randomblob(12))), 'comment', author, created_at,
           json_object('content', description)
    FROM pull_requests;
DROP TABLE pull_requests;
{PEOPLE};
{COMMUNITY}
"""

TABLES = (REPOSITORIES, CATALOG, DISCUSSIONS, PEOPLE, COMMUNITY)

MIGRATIONS = {1: _FROM_1_TO_2}


def statements(script: str) -> list[str]:
    """Return the statements of a script one by one, as SQLite runs them inside a transaction."""
    return [each for each in script.split(";\n") if each.strip()]
