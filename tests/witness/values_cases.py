#!/usr/bin/env python3
"""Checks `embark values get|set` against PyYAML, which knows nothing of embark's parser.

    values_cases.py BINARY FOLDER...

Every case sets one scalar in a copy of a file and then looks at the trees that PyYAML composes of the text before
and after: exactly that leaf has changed, it is a string and the one that was meant, and every byte outside of the
scalar is as it was; `embark values get` gives it back. Where the scalar also stands for another place (its anchor is
used elsewhere) or is ambiguous (a key stands twice), the file must be refused and not touched. Cases with
`--create-missing` add one key to a mapping. Too few cases are a failure too: 400, or 100 where there is one folder only.
"""

import os
import re
import subprocess
import sys
import tempfile

import yaml

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
STRING = "tag:yaml.org,2002:str"
PER_FILE = 45

VALUES = [
    "v1.2.3", "1.10", "3f9a2bc", "12e4567", "on", "1.4.0", "~", "", "a: b", "x #y", "it's", 'say "hi"',
    "back\\slash", "sha256:" + "0123456789abcdef" * 4, "ünï 😀", "- dash", "2026-01-01", "line\nbreak", " lead",
    "0x1f", "1:30", "null", "{a}", "tab\there", "=", "<<", "[x", "y", "No", "trail ", "1_000", ".5", "%x", "@x",
    "*x", "&x", "!x", "|", ">", "`", "a,b", "a]", "registry.example.com:5000/a/b:v1", "08", "\x07bell", "k=v=w",
]


def plain_key(key):
    return key != "" and not re.search(r'[.\[\]"\\=\s\x00-\x1f\x7f-\x9f]', key)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def join(path, key):
    written = key if plain_key(key) else quoted(key)
    return f"{path}.{written}" if path else written


class Leaf:
    """A scalar and what leads to it: `by_index` is its path without any `[name=...]`, `holder` what it stands in."""

    def __init__(self, path, by_index, node, holder, shared, twice, alias):
        self.path, self.by_index, self.node, self.holder = path, by_index, node, holder
        self.shared, self.twice, self.alias = shared, twice, alias


def leaves(root):
    """All leaves with a path; a node that is met again, through an alias, is marked."""
    uses = {}

    def count(node):
        uses[id(node)] = uses.get(id(node), 0) + 1
        if uses[id(node)] > 1:
            return
        for child in children(node):
            count(child)

    def children(node):
        if isinstance(node, yaml.MappingNode):
            return [child for pair in node.value for child in pair]
        return node.value if isinstance(node, yaml.SequenceNode) else []

    count(root)
    met, found = set(), []

    def walk(node, path, by_index, holder, shared, twice):
        again, own = id(node) in met, uses[id(node)] > 1
        met.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            # At the place of a direct alias only the alias is replaced, and that changes nothing else.
            found.append(Leaf(path, by_index, node, holder, shared or (own and not again), twice, again))
            return
        shared = shared or own
        if again:
            return
        if isinstance(node, yaml.SequenceNode):
            names = [field(item, "name") for item in node.value]
            for index, item in enumerate(node.value):
                name, place = names[index], f"{by_index}[{index}]"
                by_name = name is not None and names.count(name) == 1 and name.strip() == name and name != ""
                if by_name and index % 2 == 0:
                    bare_name = not re.search(r'["\[\]\\]', name)
                    walk(item, f"{path}[name={name if bare_name else quoted(name)}]", place, node, shared, twice)
                else:
                    walk(item, f"{path}[{index}]", place, node, shared, twice)
            return
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value == "<<" and key.tag == "tag:yaml.org,2002:merge":
                met.add(id(value))
                continue
            more = twice or keys.count(key.value) > 1
            walk(value, join(path, key.value), join(by_index, key.value), node, shared, more)

    walk(root, "", "", None, False, False)
    return found


def field(node, name):
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == name and isinstance(value, yaml.ScalarNode):
                return value.value
    return None


def flat(root):
    """The tree as a list, with the identities of shared nodes made comparable."""
    numbers, out = {}, []

    def walk(node, depth, place):
        if id(node) in numbers:
            out.append((depth, "again", place, numbers[id(node)], None))
            return
        numbers[id(node)] = len(numbers)
        if isinstance(node, yaml.ScalarNode):
            out.append((depth, node.tag, node.value, node.style or "", node))
            return
        out.append((depth, node.tag, type(node).__name__, str(bool(node.flow_style)), node))
        for child in node.value:
            for part in child if isinstance(child, tuple) else (child,):
                walk(part, depth + 1, place)

    walk(root, 0, "")
    return out


def bare(rows):
    return [row[:4] for row in rows]


class Run:
    def __init__(self, binary, folder):
        self.binary, self.folder, self.passed, self.failed = binary, folder, 0, 0

    def call(self, *arguments):
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": self.folder}
        return subprocess.run(
            [self.binary, "values", *arguments], capture_output=True, env=environment, cwd=self.folder, timeout=60
        )

    def report(self, name, problem):
        if problem is None:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {name}: {problem}")

    def file(self, source):
        with open(source, "rb") as handle:
            data = handle.read()
        text = data.decode("utf-8")
        root = yaml.compose(text, Loader=Loader)
        if root is None:
            return
        every = leaves(root)
        important = [leaf for leaf in every if re.search(r"(tag|digest|repository|image)\]?$", leaf.path, re.I)]
        rest = [leaf for leaf in every if leaf not in important]
        step = max(1, len(rest) // max(1, PER_FILE - min(len(important), PER_FILE // 2)))
        chosen = important[: PER_FILE // 2] + rest[::step] if len(every) > PER_FILE else every
        for number, leaf in enumerate(chosen):
            value = VALUES[(number * 7 + len(text)) % len(VALUES)]
            name = f"{os.path.basename(source)} {leaf.path}={value!r}"
            self.report(name, self.set(data, text, root, leaf, value))
        created = 0
        for leaf in every[:: max(1, len(every) // 6)]:
            parent, _, last = leaf.path.rpartition(".")
            if not parent or "[" in last or '"' in last or leaf.shared or leaf.twice:
                continue
            created += 1
            name = f"{os.path.basename(source)} {parent}.embarkNew created"
            problem = self.create(data, text, root, leaf.holder, f"{parent}.embarkNew", VALUES[created % len(VALUES)])
            self.report(name, problem)

    def write(self, data):
        copy = os.path.join(self.folder, "values.yaml")
        with open(copy, "wb") as handle:
            handle.write(data)
        return copy

    def set(self, data, text, root, leaf, value):
        copy = self.write(data)
        done = self.call("set", copy, f"{leaf.path}={value}")
        with open(copy, "rb") as handle:
            new_data = handle.read()
        if leaf.shared or leaf.twice or foreign_tag(text, leaf.node):
            if done.returncode == 0 and new_data != data:
                return "it should have been refused"
            return None if new_data == data else "refused, and yet the file has changed"
        if done.returncode != 0:
            return f"exit {done.returncode}: {done.stderr.decode('utf-8', 'replace').strip()}"
        new_text = new_data.decode("utf-8")
        problem = self.compare(text, new_text, root, leaf, value)
        if problem is None:
            # The path may name the item by what has just been changed.
            got = self.call("get", copy, leaf.by_index)
            if got.returncode != 0 or got.stdout.decode("utf-8") != value + "\n":
                problem = f"get says {got.stdout!r} {got.stderr!r}"
        return problem

    @staticmethod
    def compare(text, new_text, root, leaf, value):
        new_root = yaml.compose(new_text, Loader=Loader)
        old, new = flat(root), flat(new_root)
        if len(old) != len(new):
            return f"{len(old)} nodes have become {len(new)}"
        # Of an alias that is replaced, what was met again is now a scalar of its own.
        where = [row for row, entry in enumerate(old) if entry[4] is leaf.node]
        changed = [row for row, (a, b) in enumerate(zip(bare(old), bare(new))) if a[:3] != b[:3]]
        if leaf.alias:
            changed = [row for row in changed if old[row][1] != "again" or new[row][1] != "again"]
            if len(changed) != 1 or old[changed[0]][1] != "again":
                return f"{len(changed)} nodes have changed, not one alias"
            where = changed
        elif changed not in ([], where):
            return f"other nodes have changed: {[old[row][:3] for row in changed if row not in where][:3]}"
        if new[where[0]][1:3] != (STRING, value):
            return f"it reads as {new[where[0]][1:3]}"
        start, end = span(text, leaf.node)
        if leaf.alias or start == end or (leaf.node.value == "" and not leaf.node.style):
            return only_inserted(text, new_text, r"\*\w+" if leaf.alias else r"~|null|Null|NULL|")
        start = content_start(text, start)
        if new_text[:start] != text[:start]:
            return "bytes before the scalar have changed"
        if not new_text.endswith(text[end:]):
            return "bytes after the scalar have changed"
        return None

    def create(self, data, text, root, holder, path, value):
        copy = self.write(data)
        done = self.call("set", copy, f"{path}={value}", "--create-missing")
        with open(copy, "rb") as handle:
            new_data = handle.read()
        if done.returncode != 0:
            # A block scalar that the file ends in would get a line break, and `[a: b]` cannot have a second key.
            last = holder.value[-1][1]
            open_end = not text.endswith("\n") and last.end_mark.index == len(text) and last.style in ("|", ">")
            one_pair = holder.flow_style and text[span(text, holder)[0]] != "{"
            may = new_data == data and (open_end or one_pair)
            return None if may else f"exit {done.returncode}: {done.stderr.decode()}"
        new_text = new_data.decode("utf-8")
        old, new = (
            [row[:3] if row[1] == "again" else row for row in bare(flat(tree))]
            for tree in (root, yaml.compose(new_text, Loader=Loader))
        )
        added = [row for row, entry in enumerate(new) if entry[2] == "embarkNew"]
        if len(added) != 1 or new[added[0] + 1][1:3] != (STRING, value):
            return "the key is not there as a string"
        if new[: added[0]] + new[added[0] + 2 :] != old:
            return "something else has changed"
        return only_inserted(text, new_text, "")


def span(text, node):
    """Where a scalar stands. libyaml's marks do not count a byte-order mark, PyYAML's own do."""
    start = node.start_mark
    line_start = text.rfind("\n", 0, start.index) + 1 if start.line else 0
    shift = 1 if text.startswith("\ufeff") and start.line and start.index - line_start != start.column else 0
    if text.startswith("\ufeff") and not start.line and start.index == start.column:
        shift = 1
    return start.index + shift, node.end_mark.index + shift


def foreign_tag(text, node):
    """Whether the scalar has a tag that makes something other than a string of it."""
    tag = re.compile(r"(?:&\S+\s+)?(!\S*)").match(text, span(text, node)[0])
    return tag is not None and tag.group(1) not in ("!", "!!str")


def content_start(text, start):
    """Skips the anchor and the tag, which marks of PyYAML include."""
    return re.compile(r"(?:(?:&\S+|!\S*)\s+)*").match(text, start).end()


def only_inserted(text, new_text, gone):
    """Nothing of the old text is missing but what `gone` matches."""
    before = len(os.path.commonprefix([text, new_text]))
    after = len(os.path.commonprefix([text[before:][::-1], new_text[before:][::-1]]))
    missing = text[before : len(text) - after]
    if missing == "":
        return None
    # The common ends may have taken a part of what was replaced.
    around = text[max(0, before - 12) : len(text) - after + 12]
    tokens = re.findall(gone, around) if gone else []
    return None if any(missing in token for token in tokens if token) else f"{missing!r} is missing"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    least = 400 if len(sys.argv) > 3 else 100
    files = []
    for folder in sys.argv[2:]:
        files += sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".yaml"))
    with tempfile.TemporaryDirectory() as folder:
        run = Run(os.path.abspath(sys.argv[1]), folder)
        for file in files:
            run.file(file)
    print(f"{run.passed} passed, {run.failed} failed")
    sys.exit(1 if run.failed or run.passed < least else 0)


if __name__ == "__main__":
    main()
