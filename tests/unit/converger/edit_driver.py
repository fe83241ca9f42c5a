# SPDX-License-Identifier: Apache-2.0
"""Calls the converger's edit functions: a line is a JSON list of [function, arguments...], its answer a JSON list of results."""
import importlib.util
import json
import sys

spec = importlib.util.spec_from_file_location("converger", sys.argv[1])
converger = importlib.util.module_from_spec(spec)
spec.loader.exec_module(converger)

for line in sys.stdin:
    results = []
    for name, *arguments in json.loads(line):
        try:
            if name in ("get", "set", "unset"):
                function = converger.SYNTAXES[arguments.pop(0)][("get", "set", "unset").index(name)]
            else:
                function = getattr(converger, name)
            results.append({"value": function(*arguments)})
        except converger.EditError as error:
            results.append({"error": str(error)})
    print(json.dumps(results), flush=True)
