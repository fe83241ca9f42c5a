# SPDX-License-Identifier: Apache-2.0
"""Edits by key in YAML, INI and shell-like files, line by line: everything else in the file stays as it is."""
import re

from .edit_oned import EditError, get_oned, set_oned, unset_oned

YAML_KEY = re.compile(r"""( *)(:?[A-Za-z0-9_./-]+|"[^"]*"|'[^']*'):(?:[ \t]+(.*?))?[ \t]*""")
BLOCK_SCALAR = re.compile(r"[|>][-+0-9]*([ \t]+#.*)?")


def split_comment(value):
    """A YAML or shell value and the comment after it, with the blanks between them."""
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        while value[0] == '"' and end > 0 and value[end - 1] == "\\":
            end = value.find('"', end + 1)
        return (value, "") if end < 0 else (value[:end + 1], value[end + 1:])
    match = re.search(r"(^|[ \t]+)#", value)
    return (value, "") if not match else (value[:match.start()], value[match.start():])


class YamlLine:
    """A line `key: value` with the path of its mapping; `last`: index of the last line that belongs to it."""

    def __init__(self, index, indent, path, value):
        self.index, self.indent, self.path, self.value = index, indent, path, value
        self.last = index


def yaml_lines(lines):
    """Every mapping line outside of sequences and block scalars."""
    found, stack, hidden = [], [], None
    for index, line in enumerate(lines):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        indent = len(line) - len(line.lstrip(" "))
        if hidden is not None:
            if indent > hidden:
                mark_last(stack, index)
                continue
            hidden = None
        sequence = stripped == "-" or stripped.startswith("- ")
        # The items of a sequence may stand in the column of the key that they belong to.
        while stack and (stack[-1].indent > indent or (stack[-1].indent == indent and not sequence)):
            stack.pop()
        if sequence:
            hidden = indent
            mark_last(stack, index)
            continue
        match = YAML_KEY.fullmatch(line)
        if not match:
            mark_last(stack, index)
            continue
        entry = YamlLine(index, indent, [*(parent.path[-1] for parent in stack), match.group(2)], match.group(3) or "")
        mark_last(stack, index)
        found.append(entry)
        stack.append(entry)
        if BLOCK_SCALAR.fullmatch(entry.value):
            hidden = indent
    return found


def mark_last(stack, index):
    for entry in stack:
        entry.last = index


def find_yaml(lines, path):
    found = [entry for entry in yaml_lines(lines) if entry.path == list(path)]
    if len(found) > 1:
        raise EditError(f"{' > '.join(path)} stands {len(found)} times (line {found[1].index + 1})")
    return found[0] if found else None


def get_yaml(text, path):
    entry = find_yaml(text.splitlines(), path)
    if entry is None or (entry.last > entry.index and not split_comment(entry.value)[0]):
        return None
    return split_comment(entry.value)[0]


def set_yaml(text, path, value):
    lines = text.splitlines()
    entry = find_yaml(lines, path)
    assignment = f"{path[-1]}: {value}"
    if entry is not None:
        if entry.last > entry.index:
            raise EditError(f"{' > '.join(path)} (line {entry.index + 1}) holds more than a value on its line")
        comment = split_comment(entry.value)[1]
        lines[entry.index] = " " * entry.indent + assignment + comment
        return "\n".join(lines) + "\n"
    depth, parent = len(path) - 1, None
    while depth > 0 and parent is None:
        parent = find_yaml(lines, path[:depth])
        depth -= 0 if parent else 1
    if parent is not None and split_comment(parent.value)[0]:
        raise EditError(f"{' > '.join(parent.path)} (line {parent.index + 1}) has a value of its own and cannot hold"
                        f" {path[depth]}")
    children = [item for item in yaml_lines(lines) if parent and item.path[:-1] == parent.path]
    if parent is not None and parent.last > parent.index and not children:
        raise EditError(f"{' > '.join(parent.path)} (line {parent.index + 1}) holds a list, no keys")
    indent = 0 if parent is None else children[0].indent if children else parent.indent + 2
    added = [" " * (indent + 2 * level) + f"{word}:" for level, word in enumerate(path[depth:-1])]
    added.append(" " * (indent + 2 * (len(path) - 1 - depth)) + assignment)
    place = len(lines) if parent is None else parent.last + 1
    return "\n".join([*lines[:place], *added, *lines[place:]]) + "\n"


def unset_yaml(text, path):
    lines = text.splitlines()
    path = list(path)
    entry = find_yaml(lines, path)
    if entry is None or entry.last > entry.index:
        return text
    del lines[entry.index]
    # Parents that hold nothing any more were made for this key.
    while len(path) > 1:
        path.pop()
        parent = find_yaml(lines, path)
        if parent is None or parent.last > parent.index or split_comment(parent.value)[0]:
            break
        del lines[parent.index]
    return "\n".join(lines) + "\n" if lines else ""


def ini_section(lines, section):
    """(first, end) of a section's lines, its header left out; None if there is none."""
    start = 0 if section == "" else None
    for index, line in enumerate(lines):
        match = re.fullmatch(r"\s*\[([^\]]*)\]\s*", line)
        if not match:
            continue
        if start is not None:
            return start, index
        if match.group(1).strip() == section:
            start = index + 1
    return None if start is None else (start, len(lines))


def find_ini(lines, path):
    """The last line that sets the key: it is the one that counts."""
    bounds = ini_section(lines, path[0])
    setter = re.compile(rf"\s*{re.escape(path[1])}\s*(=|$)")
    hits = [index for index in range(*(bounds or (0, 0))) if setter.match(lines[index])]
    return bounds, hits[-1] if hits else None


def get_ini(text, path):
    lines = text.splitlines()
    _, index = find_ini(lines, path)
    return None if index is None else lines[index].partition("=")[2].strip()


def set_ini(text, path, value):
    lines = text.splitlines()
    bounds, index = find_ini(lines, path)
    if index is not None:
        head, equals, _ = lines[index].partition("=")
        lines[index] = f"{head}={' ' if head.endswith(' ') else ''}{value}" if equals else f"{head.rstrip()} = {value}"
    elif bounds is not None:
        place = bounds[1]
        while place > bounds[0] and not lines[place - 1].strip():
            place -= 1
        lines.insert(place, f"{path[1]} = {value}")
    else:
        lines += [*([""] if lines else []), f"[{path[0]}]", f"{path[1]} = {value}"]
    return "\n".join(lines) + "\n"


def unset_ini(text, path):
    lines = text.splitlines()
    _, index = find_ini(lines, path)
    if index is None:
        return text
    del lines[index]
    first, end = ini_section(lines, path[0])
    if path[0] and not any(line.strip() for line in lines[first:end]):
        del lines[first - 1:end]
        while lines and not lines[-1].strip():
            lines.pop()
    return "\n".join(lines) + "\n" if lines else ""


def find_shell(lines, key):
    hits = [index for index, line in enumerate(lines) if re.match(rf"\s*(export\s+)?{re.escape(key)}=", line)]
    return hits[-1] if hits else None


def get_shell(text, path):
    lines = text.splitlines()
    index = find_shell(lines, path[0])
    return None if index is None else split_comment(lines[index].partition("=")[2])[0].rstrip()


def set_shell(text, path, value):
    lines = text.splitlines()
    index = find_shell(lines, path[0])
    if index is None:
        lines.append(f"{path[0]}={value}")
    else:
        head, _, old = lines[index].partition("=")
        lines[index] = f"{head}={value}{split_comment(old)[1]}"
    return "\n".join(lines) + "\n"


def unset_shell(text, path):
    lines = text.splitlines()
    index = find_shell(lines, path[0])
    if index is None:
        return text
    del lines[index]
    return "\n".join(lines) + "\n" if lines else ""


SYNTAXES = {
    "oned": (get_oned, set_oned, unset_oned),
    "yaml": (get_yaml, set_yaml, unset_yaml),
    "ini": (get_ini, set_ini, unset_ini),
    "shell": (get_shell, set_shell, unset_shell),
}


def begin_line(marker):
    return f"# BEGIN opennebula-scaleway {marker}"


def end_line(marker):
    return f"# END opennebula-scaleway {marker}"


def find_block(lines, marker):
    """(first, last) index of the marker lines; None if there are none."""
    begins = [index for index, line in enumerate(lines) if line.rstrip() == begin_line(marker)]
    ends = [index for index, line in enumerate(lines) if line.rstrip() == end_line(marker)]
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or ends[0] < begins[0]:
        raise EditError(f"the markers of block \"{marker}\" are damaged: remove their lines, the next apply writes them"
                        " anew")
    return begins[0], ends[0]


def get_block(text, marker):
    lines = text.splitlines()
    bounds = find_block(lines, marker)
    return None if bounds is None else "".join(line + "\n" for line in lines[bounds[0] + 1:bounds[1]])


def set_block(text, marker, content):
    lines = text.splitlines()
    bounds = find_block(lines, marker) or (len(lines), len(lines) - 1)
    block = [begin_line(marker), *content.splitlines(), end_line(marker)]
    return "\n".join([*lines[:bounds[0]], *block, *lines[bounds[1] + 1:]]) + "\n"


def unset_block(text, marker):
    lines = text.splitlines()
    bounds = find_block(lines, marker)
    if bounds is None:
        return text
    del lines[bounds[0]:bounds[1] + 1]
    return "\n".join(lines) + "\n" if lines else ""
