# SPDX-License-Identifier: Apache-2.0
"""Edits by key in oned.conf syntax: `KEY = value` and `KEY = [ A = "1", B = "2" ]`, comments and layout kept."""
import re

KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_/.-]*")
SELECTOR = re.compile(r"([A-Za-z_][A-Za-z0-9_/.-]*)\[([A-Za-z_][A-Za-z0-9_]*)=([^\]]*)\]")


class EditError(Exception):
    """The text cannot be edited as asked."""


class Attribute:
    """One attribute with the positions of its key and value in the text; `children` of a vector, None for a single value."""

    def __init__(self, key, start):
        self.key = key
        self.start = start
        self.value_start = self.end = start
        self.children = None
        self.trailing_comma = False


def skip_blank(text, position, also=""):
    while position < len(text):
        if text[position] == "#":
            newline = text.find("\n", position)
            position = len(text) if newline < 0 else newline
        elif text[position].isspace() or text[position] in also:
            position += 1
        else:
            break
    return position


def line_number(text, position):
    return text.count("\n", 0, position) + 1


def read_quoted(text, position):
    end = position + 1
    while end < len(text) and text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise EditError(f"line {line_number(text, position)}: a quote is never closed")
    return end + 1


def read_attribute(text, position, in_vector):
    match = KEY.match(text, position)
    if not match:
        raise EditError(f"line {line_number(text, position)}: a key was expected")
    attribute = Attribute(match.group(), position)
    position = skip_blank(text, match.end())
    if position >= len(text) or text[position] != "=":
        raise EditError(f"line {line_number(text, position)}: \"=\" was expected after {attribute.key}")
    position = skip_blank(text, position + 1)
    attribute.value_start = position
    if text[position:position + 1] == '"':
        attribute.end = read_quoted(text, position)
    elif text[position:position + 1] == "[" and not in_vector:
        read_vector(text, attribute)
    else:
        match = re.compile(r"[^,\]\n#]*" if in_vector else r"[^\n#]*").match(text, position)
        attribute.end = position + len(match.group().rstrip())
    return attribute


def read_vector(text, attribute):
    attribute.children = []
    position = attribute.value_start + 1
    while True:
        before = position
        position = skip_blank(text, position, ",")
        if attribute.children and "," in text[before:position]:
            attribute.children[-1].trailing_comma = True
        if position >= len(text):
            raise EditError(f"line {line_number(text, attribute.start)}: the vector {attribute.key} is never closed")
        if text[position] == "]":
            attribute.end = position + 1
            return
        attribute.children.append(read_attribute(text, position, True))
        position = attribute.children[-1].end


def parse_oned(text):
    attributes = []
    position = skip_blank(text, 0)
    while position < len(text):
        attributes.append(read_attribute(text, position, False))
        position = skip_blank(text, attributes[-1].end)
    return attributes


def unquoted(text):
    return text[1:-1].replace('\\"', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text


def select(text, attributes, word):
    """The one attribute that `word` names: `KEY`, or `KEY[NAME=kvm]` where a key stands more than once."""
    match = SELECTOR.fullmatch(word)
    key = (match.group(1) if match else word).upper()
    found = [attribute for attribute in attributes if attribute.key.upper() == key]
    if match:
        inner, value = match.group(2).upper(), match.group(3)
        found = [attribute for attribute in found for child in attribute.children or ()
                 if child.key.upper() == inner and unquoted(text[child.value_start:child.end]) == value]
    if len(found) > 1:
        lines = ", ".join(str(line_number(text, attribute.start)) for attribute in found)
        raise EditError(f"{word} stands on lines {lines}: say which, e.g. {key}[NAME=x]")
    return found[0] if found else None


def locate(text, path):
    """(vector or None, attribute or None) for a path of one or two words."""
    outer = select(text, parse_oned(text), path[0])
    if len(path) == 1:
        return None, outer
    if outer is None:
        return None, None
    if outer.children is None:
        raise EditError(f"{path[0]} (line {line_number(text, outer.start)}) is a single value, no vector that could hold"
                        f" {path[1]}")
    return outer, select(text, outer.children, path[1])


def get_oned(text, path):
    _, attribute = locate(text, path)
    return None if attribute is None else text[attribute.value_start:attribute.end]


def set_oned(text, path, value):
    vector, attribute = locate(text, path)
    if attribute is not None:
        return text[:attribute.value_start] + value + text[attribute.end:]
    if vector is not None:
        return add_to_vector(text, vector, f"{path[-1]} = {value}")
    if SELECTOR.fullmatch(path[0]):
        raise EditError(f"{path[0]}: there is no such vector; it is not made, since only a part of it is known")
    body = f"{path[0]} = {value}" if len(path) == 1 else f"{path[0]} = [\n  {path[1]} = {value}\n]"
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{body}\n"


def add_to_vector(text, vector, assignment):
    if not vector.children:
        return f"{text[:vector.value_start + 1]} {assignment} {text[vector.end - 1:]}"
    last = vector.children[-1]
    comma = "" if last.trailing_comma else ","
    line_start = text.rfind("\n", 0, last.start) + 1
    newline = text.find("\n", last.end)
    if newline < 0 or newline >= vector.end or "\n" not in text[vector.value_start:vector.end]:
        rest = text.find(",", last.end) + 1 if last.trailing_comma else last.end
        return f"{text[:last.end]}, {assignment}{text[rest:]}"
    # A vector over several lines: a line of its own below the last one, in the same column, behind a comment if there is one.
    indent = " " * (last.start - line_start)
    return f"{text[:last.end]}{comma}{text[last.end:newline]}\n{indent}{assignment}{text[newline:]}"


def unset_oned(text, path):
    vector, attribute = locate(text, path)
    if attribute is None:
        return text
    if vector is None or vector.children == [attribute]:
        target = vector or attribute
        end = text.find("\n", target.end)
        return text[:text.rfind("\n", 0, target.start) + 1] + ("" if end < 0 else text[end + 1:])
    index = vector.children.index(attribute)
    if index + 1 < len(vector.children):
        return text[:attribute.start] + text[vector.children[index + 1].start:]
    gap = text[vector.children[index - 1].end:attribute.start]
    # The comma stands before a comment in the gap, or after the last one.
    head, _, tail = gap.partition(",") if gap.lstrip().startswith(",") else gap.rpartition(",")
    kept = (head + tail).rstrip()
    rest = text[attribute.end:]
    ends_in_comment = "#" in kept.rpartition("\n")[2] and not rest.startswith("\n")
    return text[:vector.children[index - 1].end] + kept + ("\n" if ends_in_comment else "") + rest
