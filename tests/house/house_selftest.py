#!/usr/bin/env python3
"""Shows that every check of house.py can fail: a small house is built, broken in one place, and checked."""
import pathlib
import tempfile
import unittest

import house


class House(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.root = pathlib.Path(self._folder.name)
        for room in house.ROOMS:
            self.write(f"{room}/a.h", "#pragma once\n")
        self.write("models/b.cpp", '#include "models/a.h"\n#include "sim/a.h"\n#include <vector>\n')
        self.write("viz/b.cpp", '#include <QWidget>\n\n#include "scenarios/a.h"\n')

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def found(self, check):
        return [f"{p.relative_to(self.root).as_posix()}:{n}" for p, n, _ in house.CHECKS[check](self.root)]

    def test_a_sound_house_has_no_findings(self):
        for check in house.CHECKS:
            self.assertEqual(self.found(check), [])

    def test_including_upward(self):
        self.write("sim/c.cpp", '#include "models/a.h"\n')
        self.write("models/c.cpp", '\n#include "scenarios/a.h"\n')
        self.write("scenarios/c.cpp", "#include <viz/a.h>\n")
        self.assertEqual(self.found("rooms"), ["sim/c.cpp:1", "models/c.cpp:2", "scenarios/c.cpp:1"])

    def test_including_by_a_relative_path(self):
        self.write("models/c.cpp", '#include "../viz/a.h"\n')
        self.assertEqual(self.found("rooms"), ["models/c.cpp:1"])

    def test_including_a_test(self):
        self.write("models/c.cpp", '#include "tests/a.h"\n')
        self.assertEqual(self.found("rooms"), ["models/c.cpp:1"])

    def test_linking_upward(self):
        self.write("models/CMakeLists.txt", "target_link_libraries(meshsim_models PUBLIC meshsim_sim meshsim_scenarios)\n")
        self.write("sim/CMakeLists.txt", "# not meshsim::viz\ntarget_link_libraries(meshsim_sim PUBLIC meshsim::models)\n")
        self.assertEqual(self.found("rooms"), ["sim/CMakeLists.txt:2", "models/CMakeLists.txt:1"])

    def test_an_include_in_a_comment_is_none(self):
        self.write("models/c.cpp", '// #include "viz/a.h"\n/*\n#include "viz/a.h"\n*/\n')
        self.assertEqual(self.found("rooms"), [])

    def test_words_of_the_mesh_in_sim(self):
        self.write("sim/c.cpp", "int pod_count;\nint decoupled;\nstruct RetryPolicy;\n// a pod\nauto s = \"istio\";\n")
        self.assertEqual(self.found("words"), ["sim/c.cpp:1", "sim/c.cpp:3", "sim/c.cpp:5"])

    def test_a_slash_slash_in_a_string_is_no_comment(self):
        self.write("sim/c.cpp", 'auto s = "http://x"; int pod;\n')
        self.assertEqual(self.found("words"), ["sim/c.cpp:1"])

    def test_models_open_no_files_and_parse_nothing(self):
        for header in ("fstream", "filesystem", "yaml.h", "CLI/CLI.hpp", "QString", "QtCore/QString"):
            self.write("models/c.cpp", f"#include <{header}>\n")
            self.assertEqual(self.found("words"), ["models/c.cpp:1"], header)
        self.write("models/c.cpp", "#include <cstdio>\nauto* f = fopen(name, \"r\");\n")
        self.assertEqual(self.found("words"), ["models/c.cpp:2"])

    def test_only_viz_knows_qt(self):
        self.write("scenarios/c.cpp", "#include <QString>\n")
        self.assertEqual(self.found("words"), ["scenarios/c.cpp:1"])

    def test_large_files(self):
        self.write("models/c.cpp", "\n" * 601)
        self.assertEqual(self.found("sizes"), ["models/c.cpp:601"])
        self.write("tests/house/large_files.txt", "# why\nmodels/c.cpp a table\n")
        self.assertEqual(self.found("sizes"), [])
        self.write("models/c.cpp", "\n" * 600)
        self.assertEqual(self.found("sizes"), ["tests/house/large_files.txt:2"])
        self.write("models/c.cpp", "\n" * 601)
        self.write("tests/house/large_files.txt", "models/c.cpp\n")
        self.assertEqual(self.found("sizes"), ["tests/house/large_files.txt:1"])


if __name__ == "__main__":
    unittest.main()
