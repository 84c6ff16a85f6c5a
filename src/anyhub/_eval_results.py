"""Results on benchmarks, by the name that the module has in `huggingface_hub`."""

from __future__ import annotations

from anyhub.cards.eval_result_entry import EvalResultEntry, eval_result_entries_to_yaml, parse_eval_result_entries

__all__ = ["EvalResultEntry", "eval_result_entries_to_yaml", "parse_eval_result_entries"]
