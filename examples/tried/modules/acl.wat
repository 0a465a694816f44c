;; A filter that refuses paths: {"deny": "/admin"} answers 403 to whatever begins with /admin. Without "deny" it does not start.
;;
;; Compiled with wat2wasm (WABT): wat2wasm acl.wat -o acl.wasm
;;
;; Memory, in bytes: 0 constants; 512 results (address, length); 1024 plugins, by root context (address, length of "deny");
;; 4096 requests, by context (root context); 32768 the heap.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $get_buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_value" (func $get_header (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_send_local_response" (func $answer (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))

  (memory (export "memory") 4)
  (global $heap (mut i32) (i32.const 32768))
  (data (i32.const 0) "\"deny\":\"")
  (data (i32.const 16) "missing field deny")
  (data (i32.const 48) ":path")
  (data (i32.const 64) "denied by the acl")
  (data (i32.const 96) "refused a request")

  (func (export "proxy_abi_version_0_2_1"))

  (func $allocate (export "proxy_on_memory_allocate") (param $size i32) (result i32) (local $address i32)
    (local.set $address (global.get $heap))
    (global.set $heap (i32.add (global.get $heap) (i32.and (i32.add (local.get $size) (i32.const 7)) (i32.const -8))))
    (local.get $address))

  ;; Whether the text at $at begins with the text at $with.
  (func $begins (param $at i32) (param $with i32) (param $size i32) (result i32)
    (block $other (loop $next
      (if (i32.eqz (local.get $size)) (then (return (i32.const 1))))
      (br_if $other (i32.ne (i32.load8_u (local.get $at)) (i32.load8_u (local.get $with))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $with (i32.add (local.get $with) (i32.const 1)))
      (local.set $size (i32.sub (local.get $size) (i32.const 1)))
      (br $next)))
    (i32.const 0))

  (func $plugin (param $root i32) (result i32)
    (i32.add (i32.const 1024) (i32.shl (i32.and (local.get $root) (i32.const 255)) (i32.const 3))))

  (func $request (param $context i32) (result i32)
    (i32.add (i32.const 4096) (i32.shl (i32.and (local.get $context) (i32.const 4095)) (i32.const 2))))

  (func (export "proxy_on_context_create") (param $context i32) (param $parent i32)
    (if (local.get $parent) (then (i32.store (call $request (local.get $context)) (local.get $parent)))))

  (func (export "proxy_on_configure") (param $root i32) (param $size i32) (result i32)
    (local $at i32) (local $end i32) (local $from i32)
    (if (local.get $size) (then
      (drop (call $get_buffer (i32.const 7) (i32.const 0) (local.get $size) (i32.const 512) (i32.const 516)))
      (local.set $at (i32.load (i32.const 512)))
      (local.set $end (i32.add (local.get $at) (i32.load (i32.const 516))))
      (block $absent (loop $next
        (br_if $absent (i32.ge_u (i32.add (local.get $at) (i32.const 8)) (local.get $end)))
        (if (call $begins (local.get $at) (i32.const 0) (i32.const 8)) (then
          (local.set $from (i32.add (local.get $at) (i32.const 8)))
          (local.set $at (local.get $from))
          (block $whole (loop $more
            (br_if $whole (i32.eq (i32.load8_u (local.get $at)) (i32.const 34)))
            (br_if $absent (i32.ge_u (local.get $at) (local.get $end)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $more)))
          (i32.store (call $plugin (local.get $root)) (local.get $from))
          (i32.store offset=4 (call $plugin (local.get $root)) (i32.sub (local.get $at) (local.get $from)))
          (return (i32.const 1))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))))
    (drop (call $log (i32.const 4) (i32.const 16) (i32.const 18)))
    (i32.const 0))

  (func (export "proxy_on_request_headers") (param $context i32) (param $count i32) (param $last i32) (result i32)
    (local $deny i32) (local $size i32)
    (local.set $deny (call $plugin (i32.load (call $request (local.get $context)))))
    (local.set $size (i32.load offset=4 (local.get $deny)))
    (drop (call $get_header (i32.const 0) (i32.const 48) (i32.const 5) (i32.const 512) (i32.const 516)))
    (if (i32.lt_u (i32.load (i32.const 516)) (local.get $size)) (then (return (i32.const 0))))
    (if (call $begins (i32.load (i32.const 512)) (i32.load (local.get $deny)) (local.get $size)) (then
      (drop (call $log (i32.const 3) (i32.const 96) (i32.const 17)))
      (drop (call $answer
        (i32.const 403) (i32.const 0) (i32.const 0) (i32.const 64) (i32.const 17) (i32.const 0) (i32.const 0) (i32.const -1)))
      (return (i32.const 1))))
    (i32.const 0)))
