"""Writes the model of one agent of a population alone: its decoder with the shared encoder. `population.py` runs it.

    benches/versus/.venv/bin/python benches/versus/agent.py runs/poppy/model.safetensors 2 agent.safetensors
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from safetensors import safe_open
from safetensors.numpy import save_file


def main() -> None:
    """One agent of one file. The first one's decoder has no number: `decoder.`, the others' are `agents.1.` and so on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="file of a population")
    parser.add_argument("agent", type=int, help="number of the agent, from 0")
    parser.add_argument("output", type=Path, help="file of its own model")
    options = parser.parse_args()
    with safe_open(options.model, framework="numpy") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, a file is no dictionary
    about = json.loads(metadata["heuron"])
    del about["architecture"]["agents"]
    alone = {name: tensor for name, tensor in tensors.items() if not name.startswith("agents.")}
    own = f"agents.{options.agent}."
    alone |= {f"decoder.{name.removeprefix(own)}": tensor for name, tensor in tensors.items() if name.startswith(own)}
    save_file(alone, options.output, metadata | {"heuron": json.dumps(about)})


if __name__ == "__main__":
    main()
