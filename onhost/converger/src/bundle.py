# SPDX-License-Identifier: Apache-2.0
"""Judges a bundle before anything happens: every mistake at once, with its path, and never a value."""
import json
import re

from .base import Refusal
from .edit_oned import SELECTOR
from .schema import BUNDLE_SCHEMA

KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
SETTING_DEPTH = {"oned": (1, 2), "yaml": (1, 16), "ini": (2, 2), "shell": (1, 1)}


def kind_of(value):
    if value is None:
        return "null"
    return next((name for name, kind in (("boolean", bool), *KINDS.items()) if isinstance(value, kind)), "number")


def joined(path, key):
    if isinstance(key, int):
        return f"{path}[{key}]"
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key)}]"


def judge(schema, value, path, mistakes):
    """The part of JSON Schema that bundle.schema.json uses."""
    if "$ref" in schema:
        judge(BUNDLE_SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]], value, path, mistakes)
        return
    if "if" in schema:
        fits = isinstance(value, dict) and all(key in value for key in schema["if"]["required"])
        judge(schema["then" if fits else "else"], value, path, mistakes)
        return
    where = path or "the bundle"
    if "const" in schema and value != schema["const"]:
        mistakes.append(f"{where}: must be {json.dumps(schema['const'])}")
    if "enum" in schema and value not in schema["enum"]:
        mistakes.append(f"{where}: must be one of {', '.join(schema['enum'])}")
    if "type" in schema and kind_of(value) != schema["type"]:
        mistakes.append(f"{where}: must be of type {schema['type']}, is {kind_of(value)}")
        return
    if isinstance(value, str) and "pattern" in schema and not matches(schema["pattern"], value):
        mistakes.append(f"{where}: must match {schema['pattern']}")
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        mistakes.append(f"{where}: must lie between {schema.get('minimum')} and {schema.get('maximum')}")
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            mistakes.append(f"{where}: must have at least {schema['minItems']} items")
        for index, item in enumerate(value):
            judge(schema.get("items", {}), item, joined(path, index), mistakes)
    if isinstance(value, dict):
        judge_object(schema, value, path, mistakes)


def matches(pattern, value):
    # Python's $ would let a line end pass.
    return re.search(re.sub(r"\$$", r"\\Z", pattern), value) is not None


def judge_object(schema, value, path, mistakes):
    where = path or "the bundle"
    mistakes += [f"{where}: {key} is missing" for key in schema.get("required", []) if key not in value]
    for key, item in value.items():
        if "propertyNames" in schema:
            judge(schema["propertyNames"], key, f"{where}: the name {json.dumps(key)}", mistakes)
        if key in schema.get("properties", {}):
            judge(schema["properties"][key], item, joined(path, key), mistakes)
        elif schema.get("additionalProperties") is False:
            mistakes.append(f"{joined(path, key)}: is no known field; known are {', '.join(schema['properties'])}")
        elif "additionalProperties" in schema:
            judge(schema["additionalProperties"], item, joined(path, key), mistakes)


def judge_relations(state, mistakes):
    """What the schema cannot say."""
    kinds = ("directories", "files", "settings", "blocks")
    for index, kind in enumerate(kinds):
        for other in kinds[index + 1:]:
            if {kind, other} != {"settings", "blocks"}:
                mistakes += [f"state: {path} stands in {kind} and in {other}"
                             for path in sorted(set(state.get(kind, {})) & set(state.get(other, {})))]
    known = {path for kind in kinds[1:] for path in state.get(kind, {})}
    known |= {f"package:{name}" for name in state.get("packages", {})}
    names = [step.get("unit", step.get("action")) for step in state.get("sequence", [])]
    mistakes += [f"state.sequence: {name} stands there {names.count(name)} times"
                 for name in sorted(set(names)) if names.count(name) > 1]
    actions = {f"action:{step['action']}" for step in state.get("sequence", []) if "action" in step}
    for index, step in enumerate(state.get("sequence", [])):
        for cause in [*step.get("restartOn", []), *step.get("rerunOn", [])]:
            if cause in actions - known:
                mistakes.append(f"state.sequence[{index}]: {cause} comes later in the sequence or is the step itself:"
                                " put it before")
            elif cause not in known:
                mistakes.append(f"state.sequence[{index}]: {cause} is nothing that this state holds")
        if "action" in step:
            known.add(f"action:{step['action']}")
    for cause in state.get("commitConfirm", {}).get("activateOn", []):
        if cause not in known:
            mistakes.append(f"state.commitConfirm.activateOn: {cause} is nothing that this state holds")
    for path, entry in state.get("settings", {}).items():
        least, most = SETTING_DEPTH[entry["syntax"]]
        seen = set()
        for index, item in enumerate(entry["set"]):
            where = f"state.settings[{json.dumps(path)}].set[{index}]"
            if not least <= len(item["path"]) <= most:
                mistakes.append(f"{where}.path: {entry['syntax']} paths have {least} to {most} words")
            elif entry["syntax"] == "oned" and not oned_words(item["path"]):
                mistakes.append(f"{where}.path: must be KEY or KEY[ATTRIBUTE=value], then an attribute's name")
            if entry["syntax"] != "oned" and "\n" in item["value"]:
                mistakes.append(f"{where}.value: must be one line in this syntax")
            if tuple(item["path"]) in seen:
                mistakes.append(f"{where}.path: is set twice")
            seen.add(tuple(item["path"]))
    for path, entry in state.get("files", {}).items():
        if "validate" in entry and not any("{}" in word for word in entry["validate"]):
            mistakes.append(f"state.files[{json.dumps(path)}].validate: no word holds {{}}, the place of the file")


def oned_words(path):
    plain = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
    return bool(plain.fullmatch(path[0]) or SELECTOR.fullmatch(path[0])) and all(plain.fullmatch(word) for word in path[1:])


def read_bundle(data):
    """The bundle in these bytes; raises Refusal with every mistake."""
    try:
        bundle = json.loads(data.decode("utf-8"))
    except ValueError as error:
        raise Refusal([f"standard input holds no JSON bundle ({type(error).__name__})"]) from None
    mistakes = []
    judge(BUNDLE_SCHEMA, bundle, "", mistakes)
    if not mistakes:
        judge_relations(bundle["state"], mistakes)
    if mistakes:
        raise Refusal(mistakes)
    return bundle
