# The layers, read off the text of the files that check-layers.sh names: who may include, store, flush, drain, map,
# export and import what. native/DESIGN.md (1) draws the layers of the core; the rules stand below, one after the other.
#
# A violation is printed as "file:line: rule: text"; layers.cases plants one of each kind. What stands in comments and
# in string literals does not count.

# ---- the layers of the core ----------------------------------------------------------------------------------------

function layer_of(name) {
    if (name ~ /^(compiler|format|entry|entry_checksum|entry_verify|hash|hash_avx2|hash_copy|hash_mix)\.[ch]$/)
        return "pure"
    if (name ~ /^medium/)
        return "medium"
    if (name ~ /^(error|fault|os|shm|thread|barrier|apart)\.[ch]$/ || name ~ /_(posix|windows)\.[ch]$/ || name ~ /^ndctl_forward\./)
        return "platform"
    if (name ~ /^(engine|order|persist|walk|recover|clock|layout|layout_change|grow|seek_index|sharing|stable|stream_header|coordination|coordination_writer|coordination_reader|coordination_readers|coordination_pin)\.[ch]$/)
        return "engine"
    return "verbs"
}

# Only these store to mapped memory, besides the medium itself.
function is_writer(name) {
    return name ~ /^(append|group|reservation|order|persist|write_entry|layout_change|recover|clock|stream_header)\.c$/
}

# ---- includes ------------------------------------------------------------------------------------------------------

function may_include(layer, header) {
    if (header ~ /^(pmemstream_core|compiler)\.h$/)
        return 1
    if (layer == "pure")
        return header ~ /^(format|entry|entry_checksum|entry_verify|hash|hash_copy|hash_mix)\.h$/
    if (layer == "platform")
        return header ~ /^(error|thread|thread_[a-z]+|barrier|apart|os|shm|os_internal_[a-z]+|shm_internal_windows|ndctl_forward)\.h$/
    if (layer == "medium")
        return header ~ /^(error|thread|os|os_internal_windows|medium|medium_internal(_windows)?|ndctl_forward)\.h$/
    if (header ~ /_internal|^ndctl_forward/)
        return 0
    if (layer == "engine")
        return header ~ /^(engine|order|apart|coordination|format|entry|entry_verify|medium|os|shm|error|fault|seek_index|sharing|thread|barrier)\.h$/
    return 1
}

function check_project_include(header) {
    if (!may_include(layer, header))
        report("include", "the layer \"" layer "\" must not see " header)
}

function check_system_include(header) {
    if (header ~ /^std[a-z]+\.h$/ || header ~ /^(assert|ctype|errno|inttypes|limits|signal|string|time)\.h$/)
        return
    if (header == "xxhash.h") {
        if (layer != "pure")
            report("include", "hashes are taken by hash.h")
    } else if (header ~ /^libpmem/ || header ~ /(mman|intrin)\.h$/ || header ~ /^(cpuid|memoryapi)\.h$/) {
        if (layer != "medium" && !(header ~ /mman\.h$/ && name ~ /^shm_(posix|windows)\.c$/) &&
            !(header == "intrin.h" && name == "compiler.h"))
            report("include", "only medium*.c map, flush and know libpmem: " header)
    } else if (layer != "medium" && layer != "platform") {
        report("include", "only medium*, *_posix and *_windows see the operating system: " header)
    }
}

# ---- stores, flushes, drains, mappings -----------------------------------------------------------------------------

function calls(function_name) {
    return code ~ ("(^|[^A-Za-z0-9_])" function_name "[ \t]*[(]")
}

# engine.h and stream.c define what writes a sealed word.
function defines_word_write(function_name) {
    return (name == "engine.h" && function_name ~ /^pms_(store64|word_write|word_write_flush)$/) ||
        (name == "stream.c" && function_name ~ /^pms_(word_write|word_write_flush)$/)
}

function check_stores(    i) {
    for (i = 1; i <= store_count; i++)
        if (calls(stores[i]) && !is_writer(name) && !defines_word_write(stores[i]))
            report("store", stores[i] " outside the files that may store")
    if (calls("pms_restore") && name != "recover.c")
        report("store", "pms_restore is for recovery")
    if (code ~ /(memcpy|memmove|memset|atomic_store[a-z_]*)[ \t]*[(][ \t]*([(][^()]*[)])*[ \t]*pms_at[ \t]*[(]/ ||
        code ~ /medium(->|\.)base[ \t]*\+/ || code ~ /(->|\.)table[ \t]*->/)
        report("store", "around the medium: use pms_store64 or pms_copy")
}

function check_flushes() {
    if (calls("pms_flush") && !is_writer(name) && name != "stream.c")
        report("flush", "pms_flush outside the files that may store")
    if (calls("pms_drain") && name != "stream.c" && name != "stream_header.c")
        report("drain", "pms_drain: a failed one must poison the stream, so use pms_stream_drain")
    if (calls("pms_medium_fence") && name != "engine.h")
        report("drain", "pms_medium_fence: use pms_stream_drain")
    if (calls("pms_medium_map") && name !~ /^(create|open)\.c$/)
        report("map", "only create and open map a stream")
    if (calls("pms_medium_extend") && name != "grow.c")
        report("map", "only grow.c makes a mapping longer")
    if (calls("pms_medium_sync_file") && name != "stream.c")
        report("drain", "pms_medium_sync_file: use pms_stream_sync_file")
    if (calls("pms_medium_unmap") && name != "stream.c")
        report("map", "only stream.c, which counts the pins, ends a mapping")
}

# ---- exports -------------------------------------------------------------------------------------------------------

# Where the functions of the public header are defined.
function home_of(function_name) {
    if (function_name ~ /^pms_(abi_|version_text$)/)
        return "abi_facts.c"
    if (function_name == "pms_status_text")
        return "error.c"
    if (function_name ~ /^pms_check_(summarize|problem|release)$/)
        return "check_findings.c"
    if (function_name ~ /^pms_dump_(next|close)$/)
        return "dump.c"
    if (function_name ~ /^pms_(waiter_|region_wait$)/)
        return "api_wait.c"
    if (function_name ~ /^pms_(reservation|group|cursor)_/ ||
        function_name ~ /^pms_region_(append[a-z_]*|reserve|begin_group|persist|abandon|committed|persisted|read)$/)
        return "api_entries.c"
    return "api.c"
}

function check_exports(    function_name) {
    if (code ~ /(^|[^A-Za-z0-9_])(PMS_API|visibility|dllexport)([^A-Za-z0-9_]|$)/)
        report("export", "only the public header says what is exported")
    if (code !~ /^[A-Za-z_]/ || !match(code, /pms_[a-z0-9_]+[ \t]*[(]/))
        return
    function_name = substr(code, RSTART, RLENGTH - 1)
    sub(/[ \t]+$/, "", function_name)
    if (function_name in exported && home_of(function_name) != name)
        report("export", function_name " belongs into " home_of(function_name))
}

function note_exports() {
    if (code ~ /^PMS_API / && match(code, /pms_[a-z0-9_]+[ \t]*[(]/))
        exported[substr(code, RSTART, RLENGTH - 1)] = 1
}

# ---- C# ------------------------------------------------------------------------------------------------------------

function check_csharp() {
    if (FILENAME ~ /^bindings\//) {
        # The compiler then refuses a public signature with such a type in it.
        if (code ~ /^public[ \t]/)
            report("public-binding", "types of the bindings are internal")
        return
    }
    if (FILENAME !~ /^src\/PmemStream\.Interop\/Native\// &&
        (code ~ /(^|[^A-Za-z0-9_])((DllImport|LibraryImport)(Attribute)?[ \t]*[(]|extern[ \t])/ ||
        code ~ /delegate[ \t]*\*[ \t]*unmanaged/))
        report("import", "imports are declared in bindings/ and src/PmemStream.Interop/Native alone")
    if (FILENAME !~ /^src\/PmemStream\.Interop\// &&
        code ~ /(^|[^A-Za-z0-9_])(NativeMethods|PmemStream\.Interop\.Native|pms_[a-z0-9_]*)([^A-Za-z0-9_]|$)/)
        report("native-use", "only PmemStream.Interop calls the native library")
}

function check_friends(line) {
    if (line ~ /InternalsVisibleTo/ && line !~ /\.Tests"/)
        report("friend", "internals are shown to test projects alone")
}

# ---- reading -------------------------------------------------------------------------------------------------------

function report(rule, text) {
    printf "%s:%d: %s: %s\n", FILENAME, FNR, rule, text
    violations++
}

# Takes a literal off the front of `rest`, which begins with a quote; `end` says how it ends.
function skip_literal(end,    at) {
    at = index(rest, end)
    if (at) {
        rest = substr(rest, at + length(end))
        inside = ""
    } else {
        rest = ""
        inside = end
    }
}

# What is left of a line without comments and literals. `inside` is the end of the comment or literal that goes on.
function strip(line,    plain, before) {
    rest = line
    plain = ""
    if (inside != "")
        skip_literal(inside)
    while (match(rest, /\/\*|\/\/|"|'/)) {
        before = substr(rest, 1, RSTART - 1)
        plain = plain before
        rest = substr(rest, RSTART)
        if (rest ~ /^\/\//) {
            rest = ""
        } else if (rest ~ /^\/\*/) {
            rest = substr(rest, 3)
            skip_literal("*/")
            plain = plain " "
        } else if (rest ~ /^"""/) {
            rest = substr(rest, 4)
            skip_literal("\"\"\"")
        } else if (before ~ /@[$]?$/) {
            rest = substr(rest, 2)
            skip_literal("\"")
        } else if (match(rest, /^"([^"\\]|\\.)*"/) || match(rest, /^'([^'\\]|\\.)+'/)) {
            rest = substr(rest, RLENGTH + 1)
        } else {
            rest = substr(rest, 2)
        }
    }
    return plain rest
}

function included(line) {
    match(line, /[<"][^>"]*[>"]/)
    return substr(line, RSTART + 1, RLENGTH - 2)
}

BEGIN {
    store_count = split("pms_store64 pms_copy pms_copy_flush pms_word_write pms_word_write_flush", stores, " ")
}

FNR == 1 {
    inside = ""
    name = FILENAME
    sub(/.*\//, "", name)
    layer = layer_of(name)
}

FILENAME ~ /\.csproj$/ {
    check_friends($0)
    next
}

FILENAME ~ /^native\/src\// && inside == "" && /^[ \t]*#[ \t]*include[ \t]*"/ {
    check_project_include(included($0))
}

FILENAME ~ /^native\/src\// && inside == "" && /^[ \t]*#[ \t]*include[ \t]*</ {
    check_system_include(included($0))
}

FILENAME ~ /\.cs$/ && inside == "" {
    check_friends($0)
}

{
    code = strip($0)
}

FILENAME ~ /^native\/include\// {
    note_exports()
}

FILENAME ~ /^native\/src\// {
    if (layer != "medium") {
        check_stores()
        check_flushes()
    }
    check_exports()
}

FILENAME ~ /\.cs$/ {
    check_csharp()
}

END {
    exit violations > 0
}
