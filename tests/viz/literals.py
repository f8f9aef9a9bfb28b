#!/usr/bin/env python3
"""No text that a person reads without tr(): literals.py VIZ-FOLDER [--self-test].

A literal counts as text when two words stand side by side in it, or when it is handed to something that shows it
(setText, setToolTip, addAction, ...). It must be an argument of tr(), translate(), words(), worded() or option() (main:
translated there). What is no text although it looks like it stands in ALLOWED, with the reason.
"""
import pathlib
import re
import sys

TRANSLATES = {"tr", "translate", "words", "worded", "option", "command"}
SHOWS = re.compile(r"(setText|setToolTip|setWindowTitle|setAccessibleName|setAccessibleDescription|setStatusTip|setTitle|"
                   r"setPlaceholderText|setHeaderLabels|setHorizontalHeaderLabels|addAction|addMenu|addTab|addItem|addItems|"
                   r"addRow|addDock|QLabel|QPushButton|QAction|showMessage|setSuffix|said|complain|setTitleText)$")
WORDS = re.compile(r"[A-Za-z]{2,}[ ,:;]+[A-Za-z]{2,}")
STYLE = re.compile(r"[{}<>]|^[a-z-]+:|::|^[a-zA-Z]+ \w+\(")
ALLOWED = {
    "HH:mm:ss  ": "a time format",
    **{word: "a protocol as scenarios name it" for word in ("http", "http2", "grpc", "https", "tls", "tcp")},
}
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|#include[^\n]*|R"\((.*?)\)"|"((?:[^"\\\n]|\\.)*)"|\'(?:[^\'\\\n]|\\.)+\'', re.S)


def literals(source):
    """(offset, text) of each literal; neighbours that the compiler joins are joined."""
    out, last_end = [], None
    for m in TOKEN.finditer(source):
        text = m.group(1) if m.group(1) is not None else m.group(2)
        if text is None:
            continue
        if out and last_end is not None and not source[last_end:m.start()].strip():
            out[-1] = (out[-1][0], out[-1][1] + text)
        else:
            out.append((m.start(), text))
        last_end = m.end()
    return out


def calls_around(source, offset):
    """Names of the calls that the offset stands in, innermost first, within the statement."""
    out, depth, i = [], 0, offset - 1
    while i >= 0 and len(out) < 8:
        c = source[i]
        if c in ")]":
            depth += 1
        elif c in "([":
            if depth:
                depth -= 1
            elif c == "(":
                name = re.search(r"([A-Za-z_]\w*)\s*(<[^()]*>)?\s*$", source[max(0, i - 60):i])
                out.append(name.group(1) if name else "")
        elif c == ";" and depth == 0:
            break
        i -= 1
    return out


def problems(source):
    plain = TOKEN.sub(lambda m: m.group(0) if not m.group(0).startswith(("//", "/*")) else " " * len(m.group(0)), source)
    for offset, text in literals(source):
        calls = calls_around(plain, offset)
        if any(name in TRANSLATES for name in calls[:4]) or text in ALLOWED or text.startswith("apiVersion:"):
            continue
        shown = bool(calls) and any(SHOWS.search(name) for name in calls[:3]) and re.search(r"[A-Za-z]{2,}", text)
        if not (shown or WORDS.search(text)) or STYLE.search(text):
            continue
        if calls and calls[0] in {"QStringLiteral", "QLatin1String", "fromLatin1", "setObjectName", "pictogram"} and not WORDS.search(text):
            continue
        yield source.count("\n", 0, offset) + 1, text


def self_test():
    bad = ['label->setText("Nothing here");', 'label->setText(QStringLiteral("some text"));', 'out += "is not read";',
           'emit said("Stopped");', 'f(x ? "one way" : tr("other way"));']
    good = ['label->setText(tr("Nothing here"));', 'setObjectName("flows");', '// "a remark here"\n',
            'out.finding = worded("{} of {}", a, b);', 'x(QStringLiteral("<p style=\'a b\'>"));', 'p.arg(tr("a b") + "c");']
    for line in bad:
        assert list(problems(line)), line
    for line in good:
        assert not list(problems(line)), line


def main(folder):
    self_test()
    wrong = 0
    for path in sorted(pathlib.Path(folder).rglob("*.cpp")) + sorted(pathlib.Path(folder).rglob("*.h")):
        for line, text in problems(path.read_text()):
            print(f"{path}:{line}: shown without tr(): \"{text}\"")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
