#!/usr/bin/env python3
"""Writes the broken files beside this script and expected.txt: name, code and line of the finding each must give.

The files are committed; run this after changing the list. Standard library only.
"""
import os

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = []


def case(name, code, line, content):
    data = content if isinstance(content, bytes) else content.encode()
    CASES.append((name, code, line))
    with open(os.path.join(HERE, name), "wb") as f:
        f.write(data)


SA = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n"
SC = "apiVersion: meshsim/v1\nkind: Scenario\n"
AP = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  name: a\n"
SV = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n"
FLOW = SC + "flows:\n- from: {workload: a/b}\n  to: {host: h, port: 80}\n"
J = '{"apiVersion": "meshsim/v1",\n "kind": "Scenario",\n '

# YAML that is none
case("tab-indent.yaml", "MSH0004", 4, "apiVersion: v1\nkind: Service\nmetadata:\n\tname: a\n")
case("open-double-quote.yaml", "MSH0004", 6, SA + "  labels: {a: \"b}\n")
case("open-single-quote.yaml", "MSH0004", 6, SA + "  labels: {a: 'b}\n")
case("open-bracket.yaml", "MSH0004", 6, SA + "secrets: [a, b\n")
case("open-brace.yaml", "MSH0004", 6, SA + "  labels: {a: b\n")
case("close-bracket.yaml", "MSH0004", 5, SA + "secrets: ]\n")
case("wrong-indent.yaml", "MSH0004", 6, SA + "  labels: x\n    c: d\n")
case("dedent.yaml", "MSH0004", 5, "apiVersion: v1\nkind: Service\nmetadata:\n    name: a\n  labels: {}\n")
case("no-colon.yaml", "MSH0004", 5, "apiVersion: v1\nkind: Service\nmetadata:\n  labels\n  name: a\n")
case("key-without-colon.yaml", "MSH0004", 3, "apiVersion: v1\nkind\nmetadata: {name: a}\n")
case("unknown-escape.yaml", "MSH0004", 5, SA + 'x: "\\q"\n')
case("short-hex-escape.yaml", "MSH0004", 5, SA + 'x: "\\x4"\n')
case("two-values.yaml", "MSH0004", 5, SA + "x: a: b\n")
case("at-sign.yaml", "MSH0004", 5, SA + "x: @value\n")
case("backtick.yaml", "MSH0004", 5, SA + "x: `value`\n")
case("percent.yaml", "MSH0004", 5, SA + "x: %value\n")
case("unknown-directive.yaml", "MSH0004", 1, "%YAML 9.9\n---\n" + SA)
case("undefined-tag-handle.yaml", "MSH0004", 5, SA + "x: !h!tag v\n")
case("empty-anchor.yaml", "MSH0004", 5, SA + "x: & v\n")
case("empty-alias.yaml", "MSH0004", 5, SA + "x: * \n")
case("comma-outside.yaml", "MSH0004", 5, SA + "x: [a], [b]\n")
case("block-in-flow.yaml", "MSH0004", 6, SA + "x: [\n- a\n]\n")
case("list-after-mapping.yaml", "MSH0004", 5, SA + "- x\n")
case("mapping-after-list.yaml", "MSH0004", 2, "- a\nb: c\n")
case("block-scalar-indent.yaml", "MSH0004", 5, SA + "x: |0\n  a\n")
case("list-as-key.yaml", "MSH0004", 5, SA + "[a, b]: c\n")
case("mapping-as-key.yaml", "MSH0004", 5, SA + "{a: b}: c\n")
case("complex-key.yaml", "MSH0004", 5, SA + "? - a\n: b\n")
case("null-key.yaml", "MSH0004", 5, SA + ": b\n")
case("long-simple-key.yaml", "MSH0004", 5, SA + "k" * 2000 + ": v\n")
case("bad-int-tag.yaml", "MSH0004", 5, SA + "x: !!int abc\n")
case("bad-bool-tag.yaml", "MSH0004", 5, SA + "x: !!bool maybe\n")
case("bad-binary-tag.yaml", "MSH0004", 5, SA + "x: !!binary '*'\n")
case("second-document-broken.yaml", "MSH0004", 7, SA + "---\nkind: [\n---\n" + SA)
case("document-end-in-quote.yaml", "MSH0004", 6, SA + 'x: "a\n---\nb: 1\n')
# Text that is none
case("empty.yaml", "MSH0005", 0, "")
case("only-comments.yaml", "MSH0005", 0, "# nothing\n\n# here\n")
case("only-separators.yaml", "MSH0005", 0, "---\n---\n...\n")
case("blank.json", "MSH0005", 0, "  \n\n")
case("byte-ff.yaml", "MSH0003", 4, b"apiVersion: v1\nkind: Service\nmetadata:\n  name: \xff\n")
case("latin-1.yaml", "MSH0003", 4, "apiVersion: v1\nkind: Service\nmetadata:\n  name: caf\u00e9\n".encode("latin-1"))
case("cut-utf8.yaml", "MSH0003", 4, b"apiVersion: v1\nkind: Service\nmetadata:\n  name: \xe2\x82")
case("overlong-utf8.yaml", "MSH0003", 4, b"apiVersion: v1\nkind: Service\nmetadata:\n  name: \xc0\xaf\n")
case("surrogate-utf8.yaml", "MSH0003", 4, b"apiVersion: v1\nkind: Service\nmetadata:\n  name: \xed\xa0\x80\n")
case("nul.yaml", "MSH0003", 4, b"apiVersion: v1\nkind: Service\nmetadata:\n  name: a\0b\n")
case("bell.yaml", "MSH0003", 4, b"apiVersion: v1\nkind: Service\nmetadata:\n  name: a\x07\n")
case("escape-character.yaml", "MSH0003", 4, b"apiVersion: v1\nkind: Service\nmetadata:\n  name: \x1b[31m\n")
case("delete-character.yaml", "MSH0003", 4, b"apiVersion: v1\nkind: Service\nmetadata:\n  name: a\x7f\n")
case("utf16-le.yaml", "MSH0003", 1, "\ufeffkind: x\n".encode("utf-16-le"))
case("utf16-be.yaml", "MSH0003", 1, "\ufeffkind: x\n".encode("utf-16-be"))
case("gzip.yaml", "MSH0003", 1, b"\x1f\x8b\x08\0\0\0\0\0\0\x03K\xcc\0\0")
case("zip.yaml", "MSH0003", 1, b"PK\x03\x04\x14\0\0\0")
case("picture.yaml", "MSH0003", 1, b"\x89PNG\r\n\x1a\n\0\0")
case("program.yaml", "MSH0003", 1, b"\x7fELF\x02\x01\x01\0")
case("random-bytes.yaml", "MSH0003", 3, bytes((i * 37 + 200) % 256 for i in range(300)))
# Templates
case("helm.yaml", "MSH0006", 1, "{{- if .Values.enabled }}\n" + SA + "{{- end }}\n")
case("helm-value.yaml", "MSH0006", 4, "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\n")
case("helm-range.yaml", "MSH0006", 6, SA + "{{ range .x }}\nb: c\n{{ end }}\n")
# Keys, aliases, merges
case("duplicate-key.yaml", "MSH0007", 5, SA + "kind: Pod\n")
case("duplicate-deep.yaml", "MSH0007", 7, SA + "  labels:\n    a: b\n    a: c\n")
case("duplicate-flow.yaml", "MSH0007", 5, SA + "x: {a: 1, b: 2, a: 3}\n")
case("duplicate-quoted.yaml", "MSH0007", 5, SA + "'kind': Pod\n")
case("duplicate-number.yaml", "MSH0007", 5, SA + "x: {8080: a, 0x1f90: b}\n")
case("duplicate.json", "MSH0007", 3, J + '"kind": "Scenario"}\n')
case("undefined-alias.yaml", "MSH0008", 5, SA + "x: *nobody\n")
case("alias-before-anchor.yaml", "MSH0008", 5, SA + "x: *later\ny: &later 1\n")
case("alias-of-other-document.yaml", "MSH0008", 7, SA + "x: &here 1\n---\ny: *here\n")
case("self-alias.yaml", "MSH0008", 6, SA + "x: &x\n  y: *x\n")
case("merge-scalar.yaml", "MSH0008", 5, SA + "<<: text\n")
case("merge-list-of-scalars.yaml", "MSH0008", 5, SA + "<<: [a, b]\n")
case("alias-key-mapping.yaml", "MSH0008", 6, SA + "x: &x {a: b}\n*x : c\n")
# Limits
bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
for i in range(1, 10):
    bomb += "a%d: &a%d [%s]\n" % (i, i, ", ".join(["*a%d" % (i - 1)] * 9))
case("alias-bomb.yaml", "MSH0002", 7, bomb)
merges = "a0: &a0 {" + ", ".join("k%d: v" % i for i in range(50)) + "}\n"
for i in range(1, 12):
    merges += "a%d: &a%d {<<: *a%d, %s}\n" % (i, i, i - 1, ", ".join("n%d_%d: *a%d" % (i, j, i - 1) for j in range(4)))
case("merge-bomb.yaml", "MSH0002", 8, merges)
case("deep-flow.yaml", "MSH0002", 5, SA + "x: " + "[" * 10000 + "]" * 10000 + "\n")
case("deep-mapping.yaml", "MSH0002", 5, SA + "x: " + "{a: " * 10000 + "b" + "}" * 10000 + "\n")
case("deep-block.yaml", "MSH0002", 105, SA + "x:\n" + "".join(" " * i + "a:\n" for i in range(1, 300)))
case("deep-dashes.yaml", "MSH0002", 1, "- " * 10000 + "a\n")
case("deep.json", "MSH0002", 1, "[" * 10000 + "]" * 10000)
deep_aliases = "a0: &a0 {a: {a: {a: {a: {a: x}}}}}\n"
for i in range(1, 40):
    deep_aliases += "a%d: &a%d {a: {a: {a: *a%d}}}\n" % (i, i, i - 1)
case("deep-by-aliases.yaml", "MSH0002", 33, deep_aliases)
# JSON that is none
case("open-object.json", "MSH0004", 3, J.rstrip() + "\n")
case("open-string.json", "MSH0004", 3, J + '"metadata": {"name": "x}\n')
case("no-colon.json", "MSH0004", 3, J + '"metadata" {}}')
case("no-comma.json", "MSH0004", 3, J + '"metadata": {} "flows": []}')
case("wrong-bracket.json", "MSH0004", 3, J + '"flows": [}')
case("lone-surrogate.json", "MSH0004", 3, J + '"metadata": {"name": "\\ud83d"}}')
case("trailing.json", "MSH0004", 3, J + '"flows": []}]')
# Cluster objects that cannot be decoded
case("methods-text.yaml", "MSH0031", 9, AP + "spec:\n  rules:\n  - to:\n    - operation:\n        methods: GET\n")
case("rules-mapping.yaml", "MSH0031", 7, AP + "spec:\n  rules:\n    from: []\n")
case("spec-text.yaml", "MSH0031", 5, SV + "spec: text\n")
case("ports-mapping.yaml", "MSH0031", 7, SV + "spec:\n  ports:\n    port: 80\n")
case("list-items.yaml", "MSH0031", 3, "apiVersion: v1\nkind: List\nitems: {a: b}\n")
# Scenarios
case("scenario-unknown-field.yaml", "MSH0010", 3, SC + "flow: []\n")
case("scenario-unknown-deep.yaml", "MSH0010", 6, FLOW + "  request: {metod: GET}\n")
case("scenario-wrong-type.yaml", "MSH0011", 3, SC + "flows: {}\n")
case("scenario-wrong-word.yaml", "MSH0011", 6, FLOW + "  protocol: htpp\n")
case("scenario-bad-port.yaml", "MSH0011", 5, SC + "flows:\n- from: {workload: a/b}\n  to: {host: h, port: 70000}\n")
case("scenario-bad-duration.json", "MSH0011", 3, J + '"run": {"duration": "2 minutes"}}')
case("scenario-no-destination.yaml", "MSH0012", 4, SC + "flows:\n- from: {workload: a/b}\n")
case("scenario-two-clients.yaml", "MSH0012", 4, SC + "flows:\n- from: {workload: a/b, gateway: c/d}\n  to: {host: h, port: 1}\n")
case("scenario-missing-manifest.yaml", "MSH0001", 0, SC + "manifests: [nowhere.yaml]\n")
case("scenario-overlay-nobody.yaml", "MSH0013", 3, SC + "labels: [{object: a/deploy/b, set: {c: d}}]\n")
case("scenario-version.yaml", "MSH0011", 1, "apiVersion: meshsim/v9\nkind: Scenario\n")
case("scenario-no-kind.yaml", "MSH0012", 1, "flows: []\n")

with open(os.path.join(HERE, "expected.txt"), "w") as f:
    f.write("# file code line (0: the file as a whole); written by make_broken.py\n")
    for row in CASES:
        f.write("%s %s %d\n" % row)
print(len(CASES), "files")
