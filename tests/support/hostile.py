"""Strings that attack their surroundings: paths, markup, escape sequences, log lines."""

ESCAPES = ["\x1b[31m\x1b]0;title\x07", "\x9b2J", "a\rb\x08\x7f", "\u202egpj.exe", "\u2066x\u2069"]
MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[/red][bold",
    "](javascript:x)",
]
PATHS = [
    "../../escaped",
    "/tmp/escaped",
    "..\\..\\escaped",
    "C:\\escaped",
    "CON",
    "aux.png",
    "a/../../../escaped",
    "~/escaped",
    "%2e%2e/escaped",
]
LINES = ["x\n2026-01-01 [info     ] forged", 'x"}\n{"event": "forged"}', "x\r\nforged: header"]
HOSTILE = [
    *ESCAPES,
    *MARKUP,
    *PATHS,
    *LINES,
    "null\x00byte",
    "{0.__class__}%s%n",
    "'; DROP TABLE x",
]
