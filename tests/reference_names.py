"""The public names that libraries import from `huggingface_hub`, by the module that has them there.

Each is to be importable by the same module name here, and, where it is marked with True, from the package as well.
"""

from __future__ import annotations

MODULES: dict[str, dict[str, bool]] = {
    "anyhub.hub_mixin": {
        "DEFAULT_MODEL_CARD": False,
        "MixinInfo": False,
        "ModelHubMixin": True,
        "PyTorchModelHubMixin": True,
    },
    "anyhub.serialization": {
        "StateDictSplit": True,
        "get_torch_storage_id": True,
        "get_torch_storage_size": True,
        "load_state_dict_from_file": True,
        "load_torch_model": True,
        "save_torch_model": True,
        "save_torch_state_dict": True,
        "split_state_dict_into_shards_factory": True,
        "split_torch_state_dict_into_shards": True,
    },
    "anyhub.serialization._torch": {
        "get_torch_storage_id": True,
        "get_torch_storage_size": True,
        "load_state_dict_from_file": True,
        "load_torch_model": True,
        "save_torch_model": True,
        "save_torch_state_dict": True,
        "split_torch_state_dict_into_shards": True,
    },
    "anyhub.serialization._dduf": {
        "DDUFEntry": True,
        "export_entries_as_dduf": True,
        "export_folder_as_dduf": True,
        "read_dduf_file": True,
    },
    "anyhub.repocard": {
        "DatasetCard": True,
        "ModelCard": True,
        "REGEX_YAML_BLOCK": False,
        "RepoCard": True,
        "SpaceCard": True,
        "TEMPLATE_DATASETCARD_PATH": False,
        "TEMPLATE_MODELCARD_PATH": False,
        "metadata_eval_result": True,
        "metadata_load": True,
        "metadata_save": True,
        "metadata_update": True,
    },
    "anyhub.repocard_data": {
        "CardData": True,
        "DatasetCardData": True,
        "EvalResult": True,
        "ModelCardData": True,
        "SpaceCardData": True,
        "eval_results_to_model_index": True,
        "model_index_to_eval_results": True,
    },
    "anyhub._eval_results": {
        "EvalResultEntry": True,
        "eval_result_entries_to_yaml": True,
        "parse_eval_result_entries": True,
    },
    "anyhub.utils": {
        "EntryNotFoundError": False,
        "LocalEntryNotFoundError": False,
        "NotASafetensorsRepoError": False,
        "RepositoryNotFoundError": False,
        "RevisionNotFoundError": False,
        "SafetensorsFileMetadata": True,
        "SafetensorsParsingError": False,
        "SafetensorsRepoMetadata": True,
        "TensorInfo": True,
    },
}

CONSTANTS = {
    "CONFIG_NAME": "config.json",
    "PYTORCH_WEIGHTS_FILE_PATTERN": "pytorch_model{suffix}.bin",
    "PYTORCH_WEIGHTS_NAME": "pytorch_model.bin",
    "REPOCARD_NAME": "README.md",
    "SAFETENSORS_INDEX_FILE": "model.safetensors.index.json",
    "SAFETENSORS_MAX_HEADER_LENGTH": 25_000_000,
    "SAFETENSORS_SINGLE_FILE": "model.safetensors",
    "SAFETENSORS_WEIGHTS_FILE_PATTERN": "model{suffix}.safetensors",
    "TF2_WEIGHTS_FILE_PATTERN": "tf_model{suffix}.h5",
}

ERRORS = {
    "DDUFCorruptedFileError": "DDUFError",
    "DDUFExportError": "DDUFError",
    "DDUFInvalidEntryNameError": "DDUFExportError",
    "EntryNotFoundError": "HubError",
    "LocalEntryNotFoundError": "EntryNotFoundError",
    "NotASafetensorsRepoError": "HubError",
    "RepositoryNotFoundError": "HubError",
    "RevisionNotFoundError": "HubError",
    "SafetensorsParsingError": "HubError",
}
"""Each error, with the one that catches it too."""

METHODS = (
    "get_local_safetensors_metadata",
    "get_safetensors_metadata",
    "parse_local_safetensors_file_metadata",
    "parse_safetensors_file_metadata",
)
"""Calls of `HfApi` that are functions of the package too; those named `local` ask no hub, and are functions alone."""
