"""Does one measured piece of work: ``python -m benchmarks.work MODULE.NAME JSON`` prints its figures as JSON."""

from __future__ import annotations

import importlib
import json
import sys

if __name__ == "__main__":
    module, name = sys.argv[1].split(".")
    work = getattr(importlib.import_module(f"benchmarks.tasks.{module}"), name)
    print(json.dumps(work(**json.loads(sys.argv[2]))))
