#!/usr/bin/env python3
"""Writes the tables: generate.py [--check]. With --check nothing is written and a file that would change fails.

The tables are the reference (path rows, DP-090, the columns of policies.md 5.3, TV-* and DP-V*) put into scenario files that a
user could have written. The Python files hold the reference's cells as printed there; `meshsim test` runs the result.
"""
import sys

import columns
import matrix
import mesh_tables
import vectors


def main():
    header = "# One server and one client of every kind: the mesh of all tables. Written by generate.py; edit there.\n"
    mesh_tables.write("manifests/mesh.yaml", header + matrix.documents(mesh_tables.mesh_objects()))
    for part in (columns, matrix, vectors):
        part.generate()
    stale = []
    for name, text in sorted(mesh_tables.FILES.items()):
        path = mesh_tables.HERE / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    written = {mesh_tables.HERE / name for name in mesh_tables.FILES}
    for folder in ("columns", "manifests", "matrix", "vectors"):
        for path in sorted((mesh_tables.HERE / folder).glob("*.yaml")):
            if path not in written:
                stale.append(f"{folder}/{path.name} (nobody writes it)")
                if "--check" not in sys.argv:
                    path.unlink()
    for name in stale:
        print(("differs: " if "--check" in sys.argv else "written: ") + name)
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
