;; A filter that tells that it ran. On the request it adds {"plugin": its name, "image": the mark of the image,
;; "config": its configuration, "env": the environment of its VM} to the property x-chain of the request (Envoy's filter
;; state); on the response it puts the whole of that into a header of the same name. So a client reads there, in the order
;; of the request, what ran and with which configuration, whatever answered. A request with a header x-crash makes it trap.
;;
;; Plugins of one module share one VM, hence everything about a plugin is kept by its context: a root context is a plugin,
;; a stream context is a request, or a connection, that belongs to one. The mark of the image and the length of the text that holds it are
;; put in before this is compiled.
;;
;; Memory, in bytes: 0 constants; 512 pairs of results (address, length); 1024 plugins, 64 of (context, address, length);
;; 4096 requests, 4096 of the address of a plugin; 32768 the heap.
(module
  (import "env" "proxy_get_buffer_bytes" (func $get_buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_property" (func $get_property (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_value" (func $get_header (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_property" (func $set_property (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_replace_header_map_value" (func $set_header (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_buffer_bytes" (func $set_buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))

  (memory (export "memory") 16)
  (global $heap (mut i32) (i32.const 32768))
  (data (i32.const 0) "x-chain")
  (data (i32.const 16) "plugin_name")
  (data (i32.const 32) "{\"plugin\":\"")
  (data (i32.const 64) "\",\"image\":\"IMAGE_MARK\",\"config\":")
  (data (i32.const 192) ",\"env\":\"")
  (data (i32.const 208) "\"}")
  (data (i32.const 216) "null")
  (data (i32.const 224) ",")
  (data (i32.const 232) "x-crash")
  (data (i32.const 240) "HTTP/")
  (data (i32.const 248) "x-connection: ")
  (data (i32.const 264) "\r\n")

  (func $allocate (export "proxy_on_memory_allocate") (param $size i32) (result i32) (local $address i32)
    (local.set $address (global.get $heap))
    (global.set $heap (i32.add (global.get $heap) (i32.and (i32.add (local.get $size) (i32.const 7)) (i32.const -8))))
    (local.get $address))

  ;; Copies a text to an address and returns the address behind it.
  (func $append (param $to i32) (param $from i32) (param $size i32) (result i32)
    (memory.copy (local.get $to) (local.get $from) (local.get $size))
    (i32.add (local.get $to) (local.get $size)))

  ;; Appends the environment as NAME=value pairs, each with a semicolon behind it.
  (func $append_environment (param $to i32) (result i32) (local $end i32) (local $pointers i32)
    (drop (call $environ_sizes (i32.const 544) (i32.const 548)))
    (local.set $pointers (call $allocate (i32.shl (i32.load (i32.const 544)) (i32.const 2))))
    (if (i32.load (i32.const 544)) (then (drop (call $environ (local.get $pointers) (local.get $to)))))
    (local.set $end (i32.add (local.get $to) (i32.load (i32.const 548))))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $to) (local.get $end)))
      (if (i32.eqz (i32.load8_u (local.get $to))) (then (i32.store8 (local.get $to) (i32.const 59))))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (br $next)))
    (local.get $end))

  ;; The place of a plugin in the table: its own, else the first free one.
  (func $place_of (param $context i32) (result i32) (local $place i32)
    (local.set $place (i32.const 1024))
    (block $found (loop $next
      (br_if $found (i32.eq (i32.load (local.get $place)) (local.get $context)))
      (local.set $place (i32.add (local.get $place) (i32.const 12)))
      (br_if $next (i32.lt_u (local.get $place) (i32.const 1792)))
      (local.set $place (i32.const 1024))
      (loop $free
        (br_if $found (i32.eqz (i32.load (local.get $place))))
        (local.set $place (i32.add (local.get $place) (i32.const 12)))
        (br_if $free (i32.lt_u (local.get $place) (i32.const 1792))))
      (unreachable)))
    (local.get $place))

  (func $request_place (param $context i32) (result i32)
    (i32.add (i32.const 4096) (i32.shl (i32.and (local.get $context) (i32.const 4095)) (i32.const 2))))

  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (i32.const 1))

  (func (export "proxy_on_context_create") (param $context i32) (param $parent i32)
    (if (local.get $parent) (then
      (i32.store (call $request_place (local.get $context)) (call $place_of (local.get $parent))))))

  (func (export "proxy_on_configure") (param $context i32) (param $size i32) (result i32)
    (local $place i32) (local $start i32) (local $end i32)
    (local.set $place (call $place_of (local.get $context)))
    (local.set $start (call $allocate (i32.const 4096)))
    (i32.store (i32.const 512) (i32.const 0))
    (i32.store (i32.const 516) (i32.const 0))
    (drop (call $get_property (i32.const 16) (i32.const 11) (i32.const 512) (i32.const 516)))
    (local.set $end (call $append (local.get $start) (i32.const 32) (i32.const 11)))
    (local.set $end (call $append (local.get $end) (i32.load (i32.const 512)) (i32.load (i32.const 516))))
    (local.set $end (call $append (local.get $end) (i32.const 64) (i32.const IMAGE_LENGTH)))
    (if (local.get $size)
      (then
        (drop (call $get_buffer (i32.const 7) (i32.const 0) (local.get $size) (i32.const 528) (i32.const 532)))
        (local.set $end (call $append (local.get $end) (i32.load (i32.const 528)) (i32.load (i32.const 532)))))
      (else (local.set $end (call $append (local.get $end) (i32.const 216) (i32.const 4)))))
    (local.set $end (call $append (local.get $end) (i32.const 192) (i32.const 8)))
    (local.set $end (call $append_environment (local.get $end)))
    (local.set $end (call $append (local.get $end) (i32.const 208) (i32.const 2)))
    (i32.store (local.get $place) (local.get $context))
    (i32.store offset=4 (local.get $place) (local.get $start))
    (i32.store offset=8 (local.get $place) (i32.sub (local.get $end) (local.get $start)))
    (i32.const 1))

  (func (export "proxy_on_request_headers") (param $context i32) (param i32 i32) (result i32)
    (local $place i32) (local $before i32) (local $start i32) (local $end i32)
    (local.set $place (i32.load (call $request_place (local.get $context))))
    (local.set $before (global.get $heap))
    (i64.store (i32.const 528) (i64.const 0))
    (drop (call $get_header (i32.const 0) (i32.const 232) (i32.const 7) (i32.const 528) (i32.const 532)))
    (if (i32.load (i32.const 532)) (then (unreachable)))
    (call $get_chain)
    (local.set $start (call $allocate (i32.const 65536)))
    (local.set $end (local.get $start))
    (if (i32.load (i32.const 516)) (then
      (local.set $end (call $append (local.get $end) (i32.load (i32.const 512)) (i32.load (i32.const 516))))
      (local.set $end (call $append (local.get $end) (i32.const 224) (i32.const 1)))))
    (local.set $end (call $append (local.get $end)
      (i32.load offset=4 (local.get $place)) (i32.load offset=8 (local.get $place))))
    (drop (call $set_property (i32.const 0) (i32.const 7)
      (local.get $start) (i32.sub (local.get $end) (local.get $start))))
    (global.set $heap (local.get $before))
    (i32.const 0))

  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32) (local $before i32)
    (local.set $before (global.get $heap))
    (call $get_chain)
    (drop (call $set_header (i32.const 2) (i32.const 0) (i32.const 7)
      (i32.load (i32.const 512)) (i32.load (i32.const 516))))
    (global.set $heap (local.get $before))
    (i32.const 0))

  ;; What the filters before this one told, at 512. It is allocated; callers set the heap back when they are done with it.
  (func $get_chain
    (i64.store (i32.const 512) (i64.const 0))
    (drop (call $get_property (i32.const 0) (i32.const 7) (i32.const 512) (i32.const 516))))

  (func (export "proxy_on_new_connection") (param i32) (result i32) (i32.const 0))

  (func (export "proxy_on_downstream_data") (param i32 i32 i32) (result i32) (local $before i32)
    (local.set $before (global.get $heap))
    (if (call $begins_with (i32.const 2) (i32.const 234)) (then (unreachable)))
    (global.set $heap (local.get $before))
    (i32.const 0))

  (func (export "proxy_on_upstream_data") (param $context i32) (param $size i32) (param i32) (result i32)
    (local $place i32) (local $before i32) (local $data i32) (local $size_of_line i32) (local $start i32) (local $end i32)
    (local.set $place (i32.load (call $request_place (local.get $context))))
    (if (i32.eqz (local.get $place)) (then (return (i32.const 0))))  ;; it has told already
    (if (i32.eqz (local.get $size)) (then (return (i32.const 0))))
    (i32.store (call $request_place (local.get $context)) (i32.const 0))
    (local.set $before (global.get $heap))
    (if (call $begins_with (i32.const 3) (i32.const 240)) (then (local.set $size_of_line (i32.const 1))))
    (drop (call $get_buffer (i32.const 3) (i32.const 0) (local.get $size) (i32.const 528) (i32.const 532)))
    (local.set $data (i32.load (i32.const 528)))
    (local.set $start (call $allocate (i32.add (local.get $size) (i32.const 8192))))
    (local.set $end (local.get $start))
    (if (local.get $size_of_line) (then
      (loop $next
        (local.set $size_of_line (i32.add (local.get $size_of_line) (i32.const 1)))
        (br_if $next (i32.ne
          (i32.load8_u (i32.sub (i32.add (local.get $data) (local.get $size_of_line)) (i32.const 1)))
          (i32.const 10))))
      (local.set $end (call $append (local.get $end) (local.get $data) (local.get $size_of_line)))
      (local.set $end (call $append (local.get $end) (i32.const 248) (i32.const 14)))))
    (local.set $end (call $append (local.get $end)
      (i32.load offset=4 (local.get $place)) (i32.load offset=8 (local.get $place))))
    (local.set $end (call $append (local.get $end) (i32.const 264) (i32.const 2)))
    (local.set $end (call $append (local.get $end) (i32.add (local.get $data) (local.get $size_of_line))
      (i32.sub (local.get $size) (local.get $size_of_line))))
    (drop (call $set_buffer (i32.const 3) (i32.const 0) (local.get $size)
      (local.get $start) (i32.sub (local.get $end) (local.get $start))))
    (global.set $heap (local.get $before))
    (i32.const 0))

  ;; Whether the data of a direction begins with the five letters at an address. What is got of it is allocated.
  (func $begins_with (param $direction i32) (param $letters i32) (result i32) (local $data i32)
    (i64.store (i32.const 528) (i64.const 0))
    (drop (call $get_buffer (local.get $direction) (i32.const 0) (i32.const 5) (i32.const 528) (i32.const 532)))
    (if (i32.ne (i32.load (i32.const 532)) (i32.const 5)) (then (return (i32.const 0))))
    (local.set $data (i32.load (i32.const 528)))
    (i32.and
      (i32.eq (i32.load (local.get $data)) (i32.load (local.get $letters)))
      (i32.eq (i32.load8_u offset=4 (local.get $data)) (i32.load8_u offset=4 (local.get $letters)))))

  (func (export "proxy_on_downstream_connection_close") (param i32 i32))
  (func (export "proxy_on_upstream_connection_close") (param i32 i32))

  (func (export "proxy_on_done") (param i32) (result i32) (i32.const 1))
  (func (export "proxy_on_log") (param i32))

  (func (export "proxy_on_delete") (param $context i32) (local $place i32)
    (local.set $place (call $place_of (local.get $context)))
    (if (i32.eq (i32.load (local.get $place)) (local.get $context)) (then
      (i32.store (local.get $place) (i32.const 0)))))
)
