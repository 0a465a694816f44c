"""Modules that misbehave while they start, as texts; what behaves is in examples/tried and tests/mesh."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from mesh import build

ROOT = Path(__file__).parents[2]
ACL = ROOT / "examples/tried/modules/acl.wasm"
"""Refuses to start without "deny"; answers 403 to paths that begin with it."""

_BEGIN = """(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $get_buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_http_call"
    (func $call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 0) "nobody")
  (global $heap (mut i32) (i32.const 32768))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32) (local $address i32)
    (local.set $address (global.get $heap))
    (global.set $heap (i32.add (global.get $heap) (local.get $size)))
    (local.get $address))
  (func (export "proxy_on_configure") (param $root i32) (param $size i32) (result i32)
"""
_BODIES = {
    "loops": "(loop $ever (br $ever)) (i32.const 1)",
    "grows": """(loop $more
      (br_if $more (i32.ne (memory.grow (i32.const 256)) (i32.const -1)))) (i32.const 0)""",
    "fills": """(local $at i32)
      (loop $more
        (if (i32.ne (memory.grow (i32.const 256)) (i32.const -1)) (then
          (memory.fill (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 16777216))
            (i32.const 7) (i32.const 16777216))
          (br $more)))) (i32.const 0)""",
    "traps": "unreachable",
    "repeats": """(drop (call $get_buffer
        (i32.const 7) (i32.const 0) (local.get $size) (i32.const 512) (i32.const 516)))
      (drop (call $log (i32.const 4) (i32.load (i32.const 512)) (i32.load (i32.const 516)))) (i32.const 0)""",
    "calls": """(i32.eqz (call $call (i32.const 0) (i32.const 6) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1000) (i32.const 512)))""",
    "alone": """(if (i32.load (i32.const 1024)) (then
        (drop (call $log (i32.const 4) (i32.const 0) (i32.const 6))) (return (i32.const 0))))
      (i32.store (i32.const 1024) (i32.const 1)) (i32.const 1)""",
    "chatters": """(local $n i32)
      (loop $more
        (drop (call $log (i32.const 4) (i32.const 0) (i32.const 6)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get $n) (i32.const 20000)))) (i32.const 0)""",
}
KINDS = tuple(_BODIES)


@functools.cache
def module(kind: str) -> bytes:
    """A module that misbehaves in this way, compiled."""
    return compiled(f"{_BEGIN}{_BODIES[kind]}))")


def compiled(text: str) -> bytes:
    """The module of a text."""
    with TemporaryDirectory() as scratch:
        source, target = Path(scratch) / "module.wat", Path(scratch) / "module.wasm"
        source.write_text(text)
        subprocess.run([build.ensure("wat2wasm")["wat2wasm"], source, "-o", target], check=True)
        return target.read_bytes()
