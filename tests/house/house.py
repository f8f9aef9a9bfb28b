#!/usr/bin/env python3
"""The rules of the house, checked over the source text: house.py (rooms | words | sizes) ROOT.

rooms   a room includes only itself and the rooms to its left: sim <- models <- scenarios <- viz; the CMake targets too
words   what a room must never contain: sim knows nothing of meshes, models open no files, only viz knows Qt
sizes   files over 400 lines are named, files over 600 fail unless large_files.txt says why

Prints one `file:line: text` per finding; exit 1 when there is one. Standard library only.
"""
import pathlib
import re
import sys

ROOMS = ["sim", "models", "scenarios", "viz"]
DISCUSS, SPLIT = 400, 600

# Words that must not be part of any name or string of sim/. Comments may explain what a station is used for.
SIM_WORDS = {"pod", "pods", "istio", "policy", "policies", "json", "yaml", "sidecar", "ztunnel", "waypoint", "envoy"}

# Headers that a room must not include: pattern, why.
FORBIDDEN_HEADERS = {
    "sim": [(r"nlohmann/|yaml\.h|CLI/|Q[A-Z]|Qt", "sim knows the standard library and Eigen")],
    "models": [
        (r"fstream$|filesystem$|fcntl\.h$|sys/stat\.h$|dirent\.h$", "models open no files"),
        (r"yaml\.h$|yaml-cpp/", "models parse no YAML"),
        (r"CLI/|getopt\.h$", "models know no command line"),
        (r"Q[A-Z]|Qt", "only viz knows Qt"),
    ],
    "scenarios": [(r"Q[A-Z]|Qt", "only viz knows Qt")],
    "viz": [],
}
MODELS_CALLS = re.compile(r"\b(?:std::)?(?:[io]?fstream|fopen|freopen|opendir|mmap)\b")


def without_comments(text):
    """C++ text with comments blanked out; line breaks and strings stay."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

    def blank(match):
        s = match.group(0)
        return s if s[0] in "\"'" else re.sub(r"[^\n]", " ", s)

    return pattern.sub(blank, text)


def sources(root, folder):
    base = root / folder
    return sorted(p for p in base.rglob("*") if p.suffix in (".h", ".cpp") and p.is_file()) if base.is_dir() else []


def includes(text):
    for number, line in enumerate(text.split("\n"), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def check_rooms(root):
    findings = []
    for rank, room in enumerate(ROOMS):
        higher = ROOMS[rank + 1:]
        for path in sources(root, room):
            for number, _, name in includes(without_comments(path.read_text())):
                parts = pathlib.PurePosixPath(name).parts
                if ".." in parts:
                    findings.append((path, number, f"include by room, not by '..': {name}"))
                elif parts[0] in higher or parts[0] == "tests":
                    findings.append((path, number, f"{room} includes upward: {name}"))
        for path in sorted((root / room).rglob("CMakeLists.txt")) if (root / room).is_dir() else []:
            text = re.sub(r"#[^\n]*", "", path.read_text())
            for number, line in enumerate(text.split("\n"), 1):
                for other in higher:
                    if re.search(rf"\bmeshsim(?:_|::){other}\b", line):
                        findings.append((path, number, f"{room} names the target of {other}"))
    return findings


def name_parts(line):
    for word in re.findall(r"[A-Za-z]+", line):
        for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", word):
            yield part.lower()


def check_words(root):
    findings = []
    for room in ROOMS:
        for path in sources(root, room):
            text = without_comments(path.read_text())
            for number, _, name in includes(text):
                for pattern, why in FORBIDDEN_HEADERS[room]:
                    if re.match(pattern, name):
                        findings.append((path, number, f"{name}: {why}"))
            for number, line in enumerate(text.split("\n"), 1):
                if room == "sim":
                    for part in sorted(set(name_parts(line)) & SIM_WORDS):
                        findings.append((path, number, f"sim says '{part}'"))
                if room == "models" and not line.lstrip().startswith("#") and MODELS_CALLS.search(line):
                    findings.append((path, number, "models open no files"))
    return findings


def check_sizes(root):
    findings = []
    listed, list_path = {}, root / "tests/house/large_files.txt"
    if list_path.exists():
        for number, line in enumerate(list_path.read_text().split("\n"), 1):
            if line.strip() and not line.startswith("#"):
                name, _, why = line.partition(" ")
                listed[name] = number
                if not why.strip():
                    findings.append((list_path, number, f"{name}: say why"))
    for room in ROOMS + ["tests"]:
        for path in sources(root, room):
            lines = path.read_text().count("\n")
            name = path.relative_to(root).as_posix()
            if lines > SPLIT and name not in listed:
                findings.append((path, lines, f"{lines} lines: split it, or say why not in tests/house/large_files.txt"))
            elif lines > DISCUSS and lines <= SPLIT:
                print(f"discuss {name}: {lines} lines")
            if lines > SPLIT:
                listed.pop(name, None)
    for name, number in sorted(listed.items()):
        findings.append((list_path, number, f"{name} is not over {SPLIT} lines any more: take it off the list"))
    return findings


CHECKS = {"rooms": check_rooms, "words": check_words, "sizes": check_sizes}


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in CHECKS:
        print(__doc__, file=sys.stderr)
        return 64
    root = pathlib.Path(arguments[1])
    if not all((root / room).is_dir() for room in ROOMS):
        print(f"{root} does not hold the rooms {' '.join(ROOMS)}", file=sys.stderr)
        return 64
    findings = CHECKS[arguments[0]](root)
    for path, number, text in findings:
        print(f"{path.relative_to(root)}:{number}: {text}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
