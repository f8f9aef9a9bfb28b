"""istio/istio tests/integration/security/normalization_test.go (86c9f01): the path that the workload sees, in every mode."""
import sys
import urllib.parse

from echo_mesh import *

NONE = {"/": "/", "/app#foo": "/app", "/app/": "/app/", "/app/../admin": "/app/../admin", "/app": "/app", "/app//": "/app//", "/app/%2f": "/app/%2f",
        "/app%2f/": "/app%2f/", "/xyz%30..//abc": "/xyz%30..//abc", "/app/%2E./admin": "/app/%2E./admin", r"/app\admin": r"/app\admin",
        r"/app/\/\/\admin": r"/app/\/\/\admin", "/%2Fapp%5cadmin%5Cabc": "/%2Fapp%5cadmin%5Cabc",
        r"/%5Capp%2f%5c%2F%2e%2e%2fadmin%5c\abc": r"/%5Capp%2f%5c%2F%2e%2e%2fadmin%5c\abc", "/app//../admin": "/app//../admin", "/app//../../admin": "/app//../../admin"}
BASE = {**NONE, "/app/../admin": "/admin", "/xyz%30..//abc": "/xyz0..//abc", "/app/%2E./admin": "/admin", r"/app\admin": "/app/admin",
        r"/app/\/\/\admin": "/app//////admin", r"/%5Capp%2f%5c%2F%2e%2e%2fadmin%5c\abc": "/%5Capp%2f%5c%2F..%2fadmin%5c/abc",
        "/app//../admin": "/app/admin", "/app//../../admin": "/admin"}
MERGE = {**BASE, "/app//": "/app/", "/xyz%30..//abc": "/xyz0../abc", r"/app/\/\/\admin": "/app/admin"}
DECODE = {**MERGE, "/app/%2f": "/app/", "/app%2f/": "/app/", "/%2Fapp%5cadmin%5Cabc": "/app/admin/abc", r"/%5Capp%2f%5c%2F%2e%2e%2fadmin%5c\abc": "/app/admin/abc",
          "/%c0%2e%c0%2e/admin": "/%c0.%c0./admin", "/%c0%2fadmin": "/%c0/admin"}
SAME = ("/0x2e0x2e/admin /0x2e0x2e0x2fadmin /0x2e0x2e0x5cadmin /0x2f0x2fadmin /0x5c0x5cadmin /%25c0%25ae%25c1%259cadmin /%25c0%25ae%25c0%25ae/admin "
        "/%25c0%25afadmin /%25c1%259cadmin /%252e%252e/admin /%252e%252e%252fadmin /%c1%9cadmin /%c0%ae%c0%ae/admin /%c0%afadmin /.../admin /..../admin "
        "/..;/admin /;/admin /admin;a=b /admin;a=b/xyz /admin,a=b/xyz /Admin /ADMIN").split()


def encoded():
    out = {}
    for i in range(1, 0x100):
        path = "/admin%%%.2x" % i
        plain = chr(i).isascii() and chr(i).isalnum() or i in (0x2d, 0x2e, 0x2f, 0x5c, 0x5f, 0x7e)
        out[path] = urllib.parse.unquote(path).replace("\\", "/") if plain else path
    return out


for title, mode, table in (("none", "NONE", NONE), ("base", "BASE", BASE), ("merge slashes", "MERGE_SLASHES", MERGE), ("decode and merge slashes", "DECODE_AND_MERGE_SLASHES", DECODE),
                           ("not normalized", "DECODE_AND_MERGE_SLASHES", {p: p for p in SAME}), ("percent encoded", "DECODE_AND_MERGE_SLASHES", encoded()),
                           ("invalid", "DECODE_AND_MERGE_SLASHES", {"/admin%00": None})):
    case(title, standard(), [call(p, "b.echo.svc.cluster.local", 80, ok(upstream={"path": out}) if out else status(400), path=p) for p, out in table.items()],
         path_normalization=mode)

if __name__ == "__main__":
    write(sys.argv[1], "normalization")
