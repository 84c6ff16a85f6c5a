"""The public calls on hubs: the class `HfApi`, and each of its methods as a function.

The functions are the methods of one `HfApi()` without an endpoint, so they look it up at each call; `login` and
`logout`, which are about this machine rather than a client, are no methods.
"""

from __future__ import annotations

from anyhub.api.commits import CommitInfo, GitCommitInfo
from anyhub.api.discussion_details import Discussion, DiscussionWithDetails
from anyhub.api.discussion_events import (
    DiscussionComment,
    DiscussionCommit,
    DiscussionEvent,
    DiscussionStatusChange,
    DiscussionTitleChange,
)
from anyhub.api.hf_api import HfApi
from anyhub.api.infos import DatasetInfo, ModelInfo, RepoSibling, SpaceInfo
from anyhub.api.logins import login, logout
from anyhub.api.operations import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete
from anyhub.api.repo_files import BlobLfsInfo, LastCommitInfo, RepoFile, RepoFolder
from anyhub.api.repo_url import RepoUrl
from anyhub.api.revisions import GitRefInfo, GitRefs

_api = HfApi()

change_discussion_status = _api.change_discussion_status
comment_discussion = _api.comment_discussion
create_branch = _api.create_branch
create_commit = _api.create_commit
create_discussion = _api.create_discussion
create_pull_request = _api.create_pull_request
create_repo = _api.create_repo
create_tag = _api.create_tag
dataset_info = _api.dataset_info
delete_branch = _api.delete_branch
delete_file = _api.delete_file
delete_files = _api.delete_files
delete_folder = _api.delete_folder
delete_repo = _api.delete_repo
delete_tag = _api.delete_tag
duplicate_repo = _api.duplicate_repo
edit_discussion_comment = _api.edit_discussion_comment
file_exists = _api.file_exists
get_discussion_details = _api.get_discussion_details
get_paths_info = _api.get_paths_info
get_repo_discussions = _api.get_repo_discussions
get_safetensors_metadata = _api.get_safetensors_metadata
hf_hub_download = _api.hf_hub_download
hide_discussion_comment = _api.hide_discussion_comment
list_datasets = _api.list_datasets
list_models = _api.list_models
list_repo_commits = _api.list_repo_commits
list_repo_files = _api.list_repo_files
list_repo_refs = _api.list_repo_refs
list_repo_tree = _api.list_repo_tree
list_spaces = _api.list_spaces
merge_pull_request = _api.merge_pull_request
model_info = _api.model_info
move_repo = _api.move_repo
parse_safetensors_file_metadata = _api.parse_safetensors_file_metadata
rename_discussion = _api.rename_discussion
repo_exists = _api.repo_exists
repo_info = _api.repo_info
revision_exists = _api.revision_exists
run_as_future = _api.run_as_future
snapshot_download = _api.snapshot_download
space_info = _api.space_info
super_squash_history = _api.super_squash_history
update_repo_settings = _api.update_repo_settings
update_repo_visibility = _api.update_repo_visibility
upload_file = _api.upload_file
upload_folder = _api.upload_folder
whoami = _api.whoami

__all__ = [
    "BlobLfsInfo",
    "CommitInfo",
    "CommitOperationAdd",
    "CommitOperationCopy",
    "CommitOperationDelete",
    "DatasetInfo",
    "Discussion",
    "DiscussionComment",
    "DiscussionCommit",
    "DiscussionEvent",
    "DiscussionStatusChange",
    "DiscussionTitleChange",
    "DiscussionWithDetails",
    "GitCommitInfo",
    "GitRefInfo",
    "GitRefs",
    "HfApi",
    "LastCommitInfo",
    "ModelInfo",
    "RepoFile",
    "RepoFolder",
    "RepoSibling",
    "RepoUrl",
    "SpaceInfo",
    "change_discussion_status",
    "comment_discussion",
    "create_branch",
    "create_commit",
    "create_discussion",
    "create_pull_request",
    "create_repo",
    "create_tag",
    "dataset_info",
    "delete_branch",
    "delete_file",
    "delete_files",
    "delete_folder",
    "delete_repo",
    "delete_tag",
    "duplicate_repo",
    "edit_discussion_comment",
    "file_exists",
    "get_discussion_details",
    "get_paths_info",
    "get_repo_discussions",
    "get_safetensors_metadata",
    "hf_hub_download",
    "hide_discussion_comment",
    "list_datasets",
    "list_models",
    "list_repo_commits",
    "list_repo_files",
    "list_repo_refs",
    "list_repo_tree",
    "list_spaces",
    "login",
    "logout",
    "merge_pull_request",
    "model_info",
    "move_repo",
    "parse_safetensors_file_metadata",
    "rename_discussion",
    "repo_exists",
    "repo_info",
    "revision_exists",
    "run_as_future",
    "snapshot_download",
    "space_info",
    "super_squash_history",
    "update_repo_settings",
    "update_repo_visibility",
    "upload_file",
    "upload_folder",
    "whoami",
]
