#!/usr/bin/env python3
"""Brings the .ts files up to the texts in viz/.

    update.py [--lupdate PROGRAM]            writes them; then translate what is marked unfinished (with linguist)
    update.py [--lupdate PROGRAM] --check    fails when they are not up to date, or a text is not translated

meshsim_en.ts holds plural forms only: English is the language of the source. In every other language all texts have a
translation with the same places (%1, {}) as the source.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PLACES = re.compile(r"%\d|%n|\{[^}]*\}")


def lupdate(program, file):
    language = file.stem.split("_")[1]
    plural = ["-pluralonly"] if language == "en" else []
    subprocess.run([program, "-silent", "-I", ".", "-tr-function-alias", "translate+=words", "-locations", "none", "-no-obsolete",
                    *plural, "-source-language", "en", "-target-language", language, "viz", "-ts", str(file)], cwd=ROOT, check=True)


def messages(file):
    for context in xml.etree.ElementTree.parse(file).getroot().iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            forms = [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]
            yield context.find("name").text, message.find("source").text, translation.get("type"), forms


def problems(program, file):
    with tempfile.TemporaryDirectory() as folder:
        fresh = pathlib.Path(folder) / file.name
        shutil.copy(file, fresh)
        lupdate(program, fresh)
        now, before = list(messages(fresh)), list(messages(file))
    known, wanted = {m[:2] for m in before}, {m[:2] for m in now}
    for context, source in sorted(wanted - known):
        yield f"new text in {context}: {source!r}"
    for context, source in sorted(known - wanted):
        yield f"no longer in {context}: {source!r}"
    for context, source, kind, forms in before:
        if kind is not None or not all(forms):
            yield f"not translated in {context}: {source!r}"
        for form in forms:
            if not set(PLACES.findall(form)) <= set(PLACES.findall(source)) or len(forms) == 1 and sorted(
                    PLACES.findall(form)) != sorted(PLACES.findall(source)):
                yield f"other places in {context}: {source!r}: {form!r}"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "meshsim_xx.ts"
        file.write_text('<TS><context><name>A</name><message><source>%1 of %2</source><translation>%1</translation></message>'
                        '<message><source>b</source><translation type="unfinished"></translation></message></context></TS>')
        found = [m for m in messages(file)]
        assert found == [("A", "%1 of %2", None, ["%1"]), ("A", "b", "unfinished", [""])], found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lupdate", default="/usr/lib/qt6/bin/lupdate")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    self_test()
    wrong = 0
    for file in sorted(HERE.glob("meshsim_*.ts")):
        if not options.check:
            lupdate(options.lupdate, file)
            continue
        for problem in problems(options.lupdate, file):
            print(f"{file.name}: {problem}")
            wrong += 1
    if wrong:
        print("viz/translations/update.py writes the files; what is new wants its translation")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
