"""The parameters of calls of `huggingface_hub`: each is to be taken here by the same name, in the same place.

A default of `...` stands for one that is the package's own.
"""

from __future__ import annotations

CALLS = {
    "hub_mixin:ModelHubMixin.__init_subclass__": (
        "*, repo_url=None, paper_url=None, docs_url=None, model_card_template=..., language=None, library_name=None, "
        "license=None, license_name=None, license_link=None, pipeline_tag=None, tags=None, coders=None"
    ),
    "hub_mixin:ModelHubMixin.save_pretrained": (
        "self, save_directory, *, config=None, repo_id=None, push_to_hub=False, model_card_kwargs=None"
    ),
    "hub_mixin:ModelHubMixin.from_pretrained": (
        "pretrained_model_name_or_path, *, force_download=False, resume_download=None, proxies=None, token=None, "
        "cache_dir=None, local_files_only=False, revision=None"
    ),
    "hub_mixin:ModelHubMixin.push_to_hub": (
        "self, repo_id, *, config=None, commit_message=..., private=None, token=None, branch=None, create_pr=None, "
        "allow_patterns=None, ignore_patterns=None, delete_patterns=None, model_card_kwargs=None"
    ),
    "hub_mixin:PyTorchModelHubMixin.save_pretrained": (
        "self, save_directory, *, config=None, repo_id=None, push_to_hub=False, model_card_kwargs=None"
    ),
    "hub_mixin:PyTorchModelHubMixin.from_pretrained": (
        "pretrained_model_name_or_path, *, force_download=False, resume_download=None, proxies=None, token=None, "
        "cache_dir=None, local_files_only=False, revision=None, map_location=..., strict=..."
    ),
    "hub_mixin:PyTorchModelHubMixin.push_to_hub": (
        "self, repo_id, *, config=None, commit_message=..., private=None, token=None, branch=None, create_pr=None, "
        "allow_patterns=None, ignore_patterns=None, delete_patterns=None, model_card_kwargs=None"
    ),
    "hub_mixin:PyTorchModelHubMixin._save_pretrained": "self, save_directory",
    "hub_mixin:PyTorchModelHubMixin._from_pretrained": (
        "*, model_id, revision, cache_dir, force_download, local_files_only, token, proxies=None, "
        "resume_download=None, map_location=..., strict=False"
    ),
    "serialization:StateDictSplit": "metadata, filename_to_tensors, tensor_to_filename",
    "serialization:split_state_dict_into_shards_factory": (
        "state_dict, *, get_storage_size, filename_pattern, get_storage_id=..., max_shard_size='5GB'"
    ),
    "serialization:split_torch_state_dict_into_shards": (
        "state_dict, *, filename_pattern='model{suffix}.safetensors', max_shard_size='5GB'"
    ),
    "serialization:get_torch_storage_id": "tensor",
    "serialization:get_torch_storage_size": "tensor",
    "serialization:save_torch_state_dict": (
        "state_dict, save_directory, *, filename_pattern=None, force_contiguous=True, max_shard_size='5GB', "
        "metadata=None, safe_serialization=True, is_main_process=True, shared_tensors_to_discard=None"
    ),
    "serialization:save_torch_model": (
        "model, save_directory, *, filename_pattern=None, force_contiguous=True, max_shard_size='5GB', metadata=None, "
        "safe_serialization=True, is_main_process=True, shared_tensors_to_discard=None"
    ),
    "serialization:load_torch_model": (
        "model, checkpoint_path, *, strict=False, safe=True, weights_only=True, map_location=None, mmap=False, "
        "filename_pattern=None"
    ),
    "serialization:load_state_dict_from_file": (
        "checkpoint_file, map_location=None, weights_only=True, mmap=False, *, safe=..."
    ),
    "serialization._dduf:DDUFEntry": "filename, length, offset, dduf_path",
    "serialization._dduf:DDUFEntry.read_text": "self, encoding='utf-8'",
    "serialization._dduf:export_entries_as_dduf": "dduf_path, entries",
    "serialization._dduf:export_folder_as_dduf": "dduf_path, folder_path",
    "serialization._dduf:read_dduf_file": "dduf_path",
    "repocard:RepoCard": "content, ignore_metadata_errors=False",
    "repocard:RepoCard.save": "self, filepath",
    "repocard:RepoCard.load": "repo_id_or_path, repo_type=None, token=None, ignore_metadata_errors=False",
    "repocard:RepoCard.validate": "self, repo_type=None",
    "repocard:RepoCard.push_to_hub": (
        "self, repo_id, token=None, repo_type=None, commit_message=None, commit_description=None, revision=None, "
        "create_pr=None, parent_commit=None"
    ),
    "repocard:RepoCard.from_template": "card_data, template_path=None, template_str=None",
    "repocard:metadata_load": "local_path",
    "repocard:metadata_save": "local_path, data",
    "repocard:metadata_eval_result": (
        "*, model_pretty_name, task_pretty_name, task_id, metrics_pretty_name, metrics_id, metrics_value, "
        "dataset_pretty_name, dataset_id, metrics_config=None, metrics_verified=False, dataset_config=None, "
        "dataset_split=None, dataset_revision=None, metrics_verification_token=None"
    ),
    "repocard:metadata_update": (
        "repo_id, metadata, *, repo_type=None, overwrite=False, token=None, commit_message=None, "
        "commit_description=None, revision=None, create_pr=False, parent_commit=None"
    ),
    "repocard_data:CardData": "ignore_metadata_errors=False",
    "repocard_data:CardData.get": "self, key, default=None",
    "repocard_data:CardData.pop": "self, key, default=None",
    "repocard_data:CardData.to_yaml": "self, line_break=None, original_order=None",
    "repocard_data:ModelCardData": (
        "*, base_model=None, datasets=None, eval_results=None, language=None, library_name=None, license=None, "
        "license_name=None, license_link=None, metrics=None, model_name=None, pipeline_tag=None, tags=None, "
        "ignore_metadata_errors=False"
    ),
    "repocard_data:DatasetCardData": (
        "*, language=None, license=None, annotations_creators=None, language_creators=None, multilinguality=None, "
        "size_categories=None, source_datasets=None, task_categories=None, task_ids=None, paperswithcode_id=None, "
        "pretty_name=None, train_eval_index=None, config_names=None, ignore_metadata_errors=False"
    ),
    "repocard_data:SpaceCardData": (
        "*, title=None, sdk=None, sdk_version=None, python_version=None, app_file=None, app_port=None, license=None, "
        "duplicated_from=None, models=None, datasets=None, tags=None, ignore_metadata_errors=False"
    ),
    "repocard_data:EvalResult": (
        "task_type, dataset_type, dataset_name, metric_type, metric_value, task_name=None, dataset_config=None, "
        "dataset_split=None, dataset_revision=None, dataset_args=None, metric_name=None, metric_config=None, "
        "metric_args=None, verified=None, verify_token=None, source_name=None, source_url=None"
    ),
    "repocard_data:eval_results_to_model_index": "model_name, eval_results",
    "repocard_data:model_index_to_eval_results": "model_index",
    "_eval_results:EvalResultEntry": (
        "dataset_id, task_id, value, dataset_revision=None, verify_token=None, date=None, source_url=None, "
        "source_name=None, source_user=None, source_org=None, notes=None"
    ),
    "_eval_results:eval_result_entries_to_yaml": "entries",
    "_eval_results:parse_eval_result_entries": "data",
    "utils:TensorInfo": "dtype, shape, data_offsets",
    "utils:SafetensorsFileMetadata": "metadata, tensors",
    "utils:SafetensorsRepoMetadata": "metadata, sharded, weight_map, files_metadata",
    "api:HfApi.get_safetensors_metadata": "self, repo_id, *, repo_type=None, revision=None, token=None",
    "api:HfApi.parse_safetensors_file_metadata": (
        "self, repo_id, filename, *, repo_type=None, revision=None, token=None"
    ),
}
"""By module and name, as `pkgutil.resolve_name` takes them: what the brackets of the definition there hold."""
