"""Questions come as a JSON list, answers go as one."""

import json
import math
import sys


def plain(said):
    if isinstance(said, dict):
        return {name: plain(value) for name, value in said.items()}
    if isinstance(said, (list, tuple)):
        return [plain(value) for value in said]
    if said is None or isinstance(said, str):
        return said
    said = float(said)
    return said if math.isfinite(said) else str(said)


def answer(functions):
    sys.stdout, out = sys.stderr, sys.stdout
    answers = [plain(functions[question[0]](*question[1:])) for question in json.load(sys.stdin)]
    json.dump(answers, out)
