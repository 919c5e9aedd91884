// Generated from native/include/pmemstream_core.h by ./build.sh bindings: do not edit; regenerate instead.
#pragma warning disable CS0649, CS8981

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PmemStream.Interop.Native;

internal partial struct pms_stream
{
}

internal partial struct pms_region
{
}

internal partial struct pms_reservation
{
}

internal partial struct pms_group
{
}

internal partial struct pms_cursor
{
}

internal partial struct pms_check
{
}

internal partial struct pms_dump
{
}

internal partial struct pms_waiter
{
}

internal enum pms_status
{
    PMS_OK = 0,
    PMS_E_INVALID_ARGUMENT = -1,
    PMS_E_CLOSED = -2,
    PMS_E_STALE = -3,
    PMS_E_READ_ONLY = -4,
    PMS_E_ENDED = -5,
    PMS_E_FORKED = -6,
    PMS_E_END = -20,
    PMS_E_NOT_FOUND = -21,
    PMS_E_EXISTS = -22,
    PMS_E_REGION_FULL = -23,
    PMS_E_STREAM_FULL = -24,
    PMS_E_BUSY = -25,
    PMS_E_TOO_SMALL = -26,
    PMS_E_NO_ENTRY = -27,
    PMS_E_TIMEOUT = -28,
    PMS_E_CANCELLED = -29,
    PMS_E_IO = -40,
    PMS_E_NO_SPACE = -41,
    PMS_E_PERMISSION = -42,
    PMS_E_LOCKED = -43,
    PMS_E_NO_MEMORY = -44,
    PMS_E_MEDIUM = -45,
    PMS_E_POISONED = -46,
    PMS_E_NOT_SUPPORTED = -47,
    PMS_E_NOT_A_STREAM = -60,
    PMS_E_NEWER_VERSION = -61,
    PMS_E_UNKNOWN_FEATURE = -62,
    PMS_E_TRUNCATED = -63,
    PMS_E_CORRUPT = -80,
    PMS_E_EXHAUSTED = -81,
    PMS_E_INTERNAL = -99,
}

[NativeTypeName("unsigned int")]
internal enum pms_medium_kind : uint
{
    PMS_MEDIUM_PERSISTENT_MEMORY = 1,
    PMS_MEDIUM_PAGE_CACHE = 2,
    PMS_MEDIUM_VOLATILE = 3,
}

[NativeTypeName("unsigned int")]
internal enum pms_medium_requirement : uint
{
    PMS_REQUIRE_ANY = 0,
    PMS_REQUIRE_DURABLE = 1,
    PMS_REQUIRE_PERSISTENT_MEMORY = 2,
}

[NativeTypeName("unsigned int")]
internal enum pms_flush_policy : uint
{
    PMS_FLUSH_AUTO = 0,
    PMS_FLUSH_NON_TEMPORAL = 1,
    PMS_FLUSH_CACHE_LINES = 2,
    PMS_FLUSH_FENCE_ONLY = 3,
    PMS_FLUSH_SYNC = 4,
}

[NativeTypeName("unsigned int")]
internal enum pms_create_flags : uint
{
    PMS_CREATE_DEFAULT = 0,
    PMS_CREATE_OVERWRITE = 1,
}

[NativeTypeName("unsigned int")]
internal enum pms_open_flags : uint
{
    PMS_OPEN_DEFAULT = 0,
    PMS_OPEN_READ_ONLY = 1,
    PMS_OPEN_SALVAGE = 2,
}

[NativeTypeName("unsigned int")]
internal enum pms_append_flags : uint
{
    PMS_APPEND_DURABLE = 0,
    PMS_APPEND_DEFERRED = 1,
}

[NativeTypeName("unsigned int")]
internal enum pms_cursor_start : uint
{
    PMS_CURSOR_FIRST = 0,
    PMS_CURSOR_AT = 1,
    PMS_CURSOR_AFTER = 2,
    PMS_CURSOR_FROM_TIMESTAMP = 3,
}

[NativeTypeName("unsigned int")]
internal enum pms_read_flags : uint
{
    PMS_READ_VERIFIED = 0,
    PMS_READ_UNVERIFIED = 1,
    PMS_READ_PINNED = 2,
}

[NativeTypeName("unsigned int")]
internal enum pms_entry_flags : uint
{
    PMS_ENTRY_PLAIN = 0,
    PMS_ENTRY_GROUP_CONTINUES = 1,
}

[NativeTypeName("unsigned int")]
internal enum pms_state_flags : uint
{
    PMS_STATE_NONE = 0,
    PMS_STATE_HEADER_DAMAGED = 1,
    PMS_STATE_HEADER_REPAIRED = 2,
    PMS_STATE_CEILING_DAMAGED = 4,
    PMS_STATE_LAYOUT_DAMAGED = 8,
    PMS_STATE_ENTRIES_DAMAGED = 16,
    PMS_STATE_CHECKPOINT_DAMAGED = 32,
    PMS_STATE_SALVAGED = 64,
    PMS_STATE_FILE_LARGER = 128,
    PMS_STATE_NO_WRITES = 256,
    PMS_STATE_WORD_DAMAGED = 512,
}

[NativeTypeName("unsigned int")]
internal enum pms_severity : uint
{
    PMS_SEVERITY_NOTE = 1,
    PMS_SEVERITY_WARNING = 2,
    PMS_SEVERITY_ERROR = 3,
}

[NativeTypeName("unsigned int")]
internal enum pms_stored_kind : uint
{
    PMS_STORED_STREAM_HEADER = 1,
    PMS_STORED_CEILING = 2,
    PMS_STORED_PERSISTED_TIMESTAMP = 3,
    PMS_STORED_LAYOUT_EPOCH = 4,
    PMS_STORED_STREAM_SIZE = 5,
    PMS_STORED_STREAM_SPARE = 6,
    PMS_STORED_FREE_PIECE = 7,
    PMS_STORED_REGION_PIECE = 8,
    PMS_STORED_DAMAGED_PIECE = 9,
    PMS_STORED_REGION_HEADER = 10,
    PMS_STORED_EXTENT = 11,
    PMS_STORED_BASE = 12,
    PMS_STORED_CHECKPOINT = 13,
    PMS_STORED_REGION_SPARE = 14,
    PMS_STORED_DATA = 15,
    PMS_STORED_PENDING = 16,
    PMS_STORED_SKIP = 17,
    PMS_STORED_DAMAGED = 18,
    PMS_STORED_ROOM = 19,
}

internal partial struct pms_error
{
    [NativeTypeName("int32_t")]
    public int status;

    [NativeTypeName("int32_t")]
    public int os_error;

    [NativeTypeName("uint64_t")]
    public ulong position;

    [NativeTypeName("uint64_t")]
    public ulong expected;

    [NativeTypeName("uint64_t")]
    public ulong found;

    [NativeTypeName("char[512]")]
    public _message_e__FixedBuffer message;

    [InlineArray(512)]
    public partial struct _message_e__FixedBuffer
    {
        public sbyte e0;
    }
}

internal partial struct pms_position
{
    [NativeTypeName("uint64_t")]
    public ulong offset;

    [NativeTypeName("uint64_t")]
    public ulong timestamp;
}

internal unsafe partial struct pms_part
{
    [NativeTypeName("const void *")]
    public void* data;

    [NativeTypeName("uint64_t")]
    public ulong bytes;
}

internal partial struct pms_create_options
{
    [NativeTypeName("uint32_t")]
    public uint struct_bytes;

    [NativeTypeName("uint32_t")]
    public uint flags;

    [NativeTypeName("uint64_t")]
    public ulong stream_bytes;

    [NativeTypeName("uint32_t")]
    public uint block_bytes;

    [NativeTypeName("uint32_t")]
    public uint medium_requirement;

    [NativeTypeName("uint32_t")]
    public uint flush_policy;

    [NativeTypeName("uint32_t")]
    public uint reserved0;

    [NativeTypeName("uint64_t[4]")]
    public _reserved_e__FixedBuffer reserved;

    [InlineArray(4)]
    public partial struct _reserved_e__FixedBuffer
    {
        public ulong e0;
    }
}

internal partial struct pms_open_options
{
    [NativeTypeName("uint32_t")]
    public uint struct_bytes;

    [NativeTypeName("uint32_t")]
    public uint flags;

    [NativeTypeName("uint32_t")]
    public uint medium_requirement;

    [NativeTypeName("uint32_t")]
    public uint flush_policy;

    [NativeTypeName("uint32_t")]
    public uint wait_milliseconds;

    [NativeTypeName("uint32_t")]
    public uint reserved0;

    [NativeTypeName("uint64_t[4]")]
    public _reserved_e__FixedBuffer reserved;

    [InlineArray(4)]
    public partial struct _reserved_e__FixedBuffer
    {
        public ulong e0;
    }
}

internal partial struct pms_stream_info
{
    [NativeTypeName("uint32_t")]
    public uint struct_bytes;

    [NativeTypeName("uint32_t")]
    public uint format_version;

    [NativeTypeName("uint8_t[16]")]
    public _uuid_e__FixedBuffer uuid;

    [NativeTypeName("uint64_t")]
    public ulong stream_bytes;

    [NativeTypeName("uint64_t")]
    public ulong file_bytes;

    [NativeTypeName("uint64_t")]
    public ulong free_bytes;

    [NativeTypeName("uint64_t")]
    public ulong largest_free_bytes;

    [NativeTypeName("uint64_t")]
    public ulong created_unix_seconds;

    [NativeTypeName("uint64_t")]
    public ulong next_timestamp;

    [NativeTypeName("uint64_t")]
    public ulong compatible_features;

    [NativeTypeName("uint64_t")]
    public ulong incompatible_features;

    [NativeTypeName("uint64_t")]
    public ulong read_only_features;

    [NativeTypeName("uint32_t")]
    public uint block_bytes;

    [NativeTypeName("uint32_t")]
    public uint region_count;

    [NativeTypeName("uint32_t")]
    public uint medium_kind;

    [NativeTypeName("uint32_t")]
    public uint flush_policy;

    [NativeTypeName("uint32_t")]
    public uint read_only;

    [NativeTypeName("uint32_t")]
    public uint state;

    [NativeTypeName("char[192]")]
    public _medium_text_e__FixedBuffer medium_text;

    [NativeTypeName("uint64_t[4]")]
    public _reserved_e__FixedBuffer reserved;

    [InlineArray(16)]
    public partial struct _uuid_e__FixedBuffer
    {
        public byte e0;
    }

    [InlineArray(192)]
    public partial struct _medium_text_e__FixedBuffer
    {
        public sbyte e0;
    }

    [InlineArray(4)]
    public partial struct _reserved_e__FixedBuffer
    {
        public ulong e0;
    }
}

internal partial struct pms_recovery_info
{
    [NativeTypeName("uint32_t")]
    public uint struct_bytes;

    [NativeTypeName("uint32_t")]
    public uint flags;

    [NativeTypeName("uint64_t")]
    public ulong region_count;

    [NativeTypeName("uint64_t")]
    public ulong walked_bytes;

    [NativeTypeName("uint64_t")]
    public ulong walked_entries;

    [NativeTypeName("uint64_t")]
    public ulong recovered_entries;

    [NativeTypeName("uint64_t")]
    public ulong pending_skipped;

    [NativeTypeName("uint64_t")]
    public ulong groups_dropped;

    [NativeTypeName("uint64_t")]
    public ulong cuts_sealed;

    [NativeTypeName("uint64_t")]
    public ulong damaged_regions;

    [NativeTypeName("uint64_t")]
    public ulong salvaged_entries;

    [NativeTypeName("uint64_t")]
    public ulong first_damage;

    [NativeTypeName("uint64_t[4]")]
    public _reserved_e__FixedBuffer reserved;

    [InlineArray(4)]
    public partial struct _reserved_e__FixedBuffer
    {
        public ulong e0;
    }
}

internal partial struct pms_counters
{
    [NativeTypeName("uint32_t")]
    public uint struct_bytes;

    [NativeTypeName("uint32_t")]
    public uint reserved0;

    [NativeTypeName("uint64_t")]
    public ulong entries;

    [NativeTypeName("uint64_t")]
    public ulong appended_bytes;

    [NativeTypeName("uint64_t")]
    public ulong persists;

    [NativeTypeName("uint64_t")]
    public ulong syncs;

    [NativeTypeName("uint64_t[4]")]
    public _reserved_e__FixedBuffer reserved;

    [InlineArray(4)]
    public partial struct _reserved_e__FixedBuffer
    {
        public ulong e0;
    }
}

internal partial struct pms_reader_info
{
    [NativeTypeName("uint32_t")]
    public uint struct_bytes;

    [NativeTypeName("uint32_t")]
    public uint is_this;

    [NativeTypeName("uint64_t")]
    public ulong process;

    [NativeTypeName("uint64_t")]
    public ulong since_unix_seconds;

    [NativeTypeName("uint32_t")]
    public uint pin_count;

    [NativeTypeName("uint32_t")]
    public uint reserved0;

    [NativeTypeName("uint64_t[60]")]
    public _pins_e__FixedBuffer pins;

    [NativeTypeName("uint64_t[4]")]
    public _reserved_e__FixedBuffer reserved;

    [InlineArray(60)]
    public partial struct _pins_e__FixedBuffer
    {
        public ulong e0;
    }

    [InlineArray(4)]
    public partial struct _reserved_e__FixedBuffer
    {
        public ulong e0;
    }
}

internal unsafe partial struct pms_region_options
{
    [NativeTypeName("uint32_t")]
    public uint struct_bytes;

    [NativeTypeName("uint32_t")]
    public uint name_bytes;

    [NativeTypeName("const char *")]
    public sbyte* name;

    [NativeTypeName("uint64_t")]
    public ulong usable_bytes;

    [NativeTypeName("uint32_t")]
    public uint entry_alignment;

    [NativeTypeName("uint32_t")]
    public uint reserved0;

    [NativeTypeName("uint64_t[4]")]
    public _reserved_e__FixedBuffer reserved;

    [InlineArray(4)]
    public partial struct _reserved_e__FixedBuffer
    {
        public ulong e0;
    }
}

internal partial struct pms_region_info
{
    [NativeTypeName("uint32_t")]
    public uint struct_bytes;

    [NativeTypeName("uint32_t")]
    public uint entry_alignment;

    [NativeTypeName("uint64_t")]
    public ulong offset;

    [NativeTypeName("uint64_t")]
    public ulong total_bytes;

    [NativeTypeName("uint64_t")]
    public ulong usable_bytes;

    [NativeTypeName("uint64_t")]
    public ulong used_bytes;

    [NativeTypeName("uint64_t")]
    public ulong identity;

    [NativeTypeName("uint64_t")]
    public ulong base_timestamp;

    [NativeTypeName("uint64_t")]
    public ulong committed_offset;

    [NativeTypeName("uint64_t")]
    public ulong persisted_offset;

    [NativeTypeName("uint64_t")]
    public ulong first_timestamp;

    [NativeTypeName("uint64_t")]
    public ulong last_timestamp;

    [NativeTypeName("uint64_t")]
    public ulong open_reservations;

    public pms_position oldest_reservation;

    [NativeTypeName("uint32_t")]
    public uint state;

    [NativeTypeName("uint32_t")]
    public uint name_bytes;

    [NativeTypeName("char[64]")]
    public _name_e__FixedBuffer name;

    [NativeTypeName("uint64_t[4]")]
    public _reserved_e__FixedBuffer reserved;

    [InlineArray(64)]
    public partial struct _name_e__FixedBuffer
    {
        public sbyte e0;
    }

    [InlineArray(4)]
    public partial struct _reserved_e__FixedBuffer
    {
        public ulong e0;
    }
}

internal partial struct pms_cursor_options
{
    [NativeTypeName("uint32_t")]
    public uint struct_bytes;

    [NativeTypeName("uint32_t")]
    public uint flags;

    [NativeTypeName("uint32_t")]
    public uint start;

    [NativeTypeName("uint32_t")]
    public uint reserved0;

    public pms_position position;

    [NativeTypeName("uint64_t[4]")]
    public _reserved_e__FixedBuffer reserved;

    [InlineArray(4)]
    public partial struct _reserved_e__FixedBuffer
    {
        public ulong e0;
    }
}

internal unsafe partial struct pms_entry
{
    [NativeTypeName("const void *")]
    public void* data;

    [NativeTypeName("uint64_t")]
    public ulong bytes;

    public pms_position position;

    [NativeTypeName("uint32_t")]
    public uint flags;

    [NativeTypeName("uint32_t")]
    public uint reserved0;
}

internal unsafe partial struct pms_awaited
{
    public pms_region* region;

    public pms_position after;

    [NativeTypeName("int32_t")]
    public int status;

    [NativeTypeName("uint32_t")]
    public uint reserved0;
}

internal partial struct pms_check_summary
{
    [NativeTypeName("uint32_t")]
    public uint struct_bytes;

    [NativeTypeName("uint32_t")]
    public uint reserved0;

    [NativeTypeName("uint64_t")]
    public ulong problem_count;

    [NativeTypeName("uint64_t")]
    public ulong error_count;

    [NativeTypeName("uint64_t")]
    public ulong region_count;

    [NativeTypeName("uint64_t")]
    public ulong entry_count;

    [NativeTypeName("uint64_t")]
    public ulong payload_bytes;

    [NativeTypeName("uint64_t")]
    public ulong free_bytes;

    [NativeTypeName("uint64_t[4]")]
    public _reserved_e__FixedBuffer reserved;

    [InlineArray(4)]
    public partial struct _reserved_e__FixedBuffer
    {
        public ulong e0;
    }
}

internal partial struct pms_problem
{
    [NativeTypeName("int32_t")]
    public int severity;

    [NativeTypeName("uint32_t")]
    public uint reserved0;

    [NativeTypeName("uint64_t")]
    public ulong position;

    [NativeTypeName("uint64_t")]
    public ulong region_offset;

    [NativeTypeName("char[256]")]
    public _message_e__FixedBuffer message;

    [InlineArray(256)]
    public partial struct _message_e__FixedBuffer
    {
        public sbyte e0;
    }
}

internal partial struct pms_stored
{
    [NativeTypeName("uint32_t")]
    public uint struct_bytes;

    [NativeTypeName("uint32_t")]
    public uint kind;

    [NativeTypeName("uint64_t")]
    public ulong offset;

    [NativeTypeName("uint64_t")]
    public ulong bytes;

    [NativeTypeName("uint64_t")]
    public ulong region_offset;

    [NativeTypeName("uint64_t")]
    public ulong value;

    [NativeTypeName("uint64_t")]
    public ulong payload_bytes;

    [NativeTypeName("uint64_t")]
    public ulong timestamp;

    [NativeTypeName("uint64_t")]
    public ulong lag_bytes;

    [NativeTypeName("uint32_t")]
    public uint whole;

    [NativeTypeName("uint32_t")]
    public uint flags;

    [NativeTypeName("char[512]")]
    public _text_e__FixedBuffer text;

    [NativeTypeName("uint64_t[4]")]
    public _reserved_e__FixedBuffer reserved;

    [InlineArray(512)]
    public partial struct _text_e__FixedBuffer
    {
        public sbyte e0;
    }

    [InlineArray(4)]
    public partial struct _reserved_e__FixedBuffer
    {
        public ulong e0;
    }
}

internal static unsafe partial class NativeMethods
{
    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("uint32_t")]
    [SuppressGCTransition]
    public static extern uint pms_abi_version();

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("const char *")]
    [SuppressGCTransition]
    public static extern sbyte* pms_version_text();

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("const char *")]
    [SuppressGCTransition]
    public static extern sbyte* pms_status_text([NativeTypeName("int32_t")] int status);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_abi_fact([NativeTypeName("uint32_t")] uint index, [NativeTypeName("const char **")] sbyte** name, [NativeTypeName("int64_t *")] long* value);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("uint32_t")]
    [SuppressGCTransition]
    public static extern uint pms_abi_fact_count();

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_stream_create([NativeTypeName("const char *")] sbyte* path, [NativeTypeName("const pms_create_options *")] pms_create_options* options, pms_stream** stream, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_stream_open([NativeTypeName("const char *")] sbyte* path, [NativeTypeName("const pms_open_options *")] pms_open_options* options, pms_stream** stream, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_stream_grow(pms_stream* stream, [NativeTypeName("uint64_t")] ulong stream_bytes, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_stream_close(pms_stream* stream);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern void pms_stream_release(pms_stream* stream);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_stream_describe(pms_stream* stream, pms_stream_info* info, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_stream_recovery(pms_stream* stream, pms_recovery_info* recovery, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_stream_counters(pms_stream* stream, pms_counters* counters, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_stream_next_reader(pms_stream* stream, [NativeTypeName("uint32_t *")] uint* index, pms_reader_info* reader, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_stream_stable_timestamp(pms_stream* stream, [NativeTypeName("uint64_t *")] ulong* timestamp, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_create(pms_stream* stream, [NativeTypeName("const pms_region_options *")] pms_region_options* options, pms_region** region, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_find(pms_stream* stream, [NativeTypeName("const char *")] sbyte* name, [NativeTypeName("uint64_t")] ulong name_bytes, pms_region** region, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_next(pms_stream* stream, [NativeTypeName("uint64_t")] ulong offset, pms_region** region, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_describe(pms_region* region, pms_region_info* info, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_clear(pms_region* region, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_free(pms_region* region, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern void pms_region_release(pms_region* region);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_append(pms_region* region, [NativeTypeName("const void *")] void* data, [NativeTypeName("uint64_t")] ulong bytes, pms_position* position, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_append_deferred(pms_region* region, [NativeTypeName("const void *")] void* data, [NativeTypeName("uint64_t")] ulong bytes, pms_position* position, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_append_parts(pms_region* region, [NativeTypeName("const pms_part *")] pms_part* parts, [NativeTypeName("uint64_t")] ulong part_count, [NativeTypeName("uint32_t")] uint flags, pms_position* position, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_append_group(pms_region* region, [NativeTypeName("const pms_part *")] pms_part* entries, [NativeTypeName("uint64_t")] ulong entry_count, [NativeTypeName("uint32_t")] uint flags, pms_position* positions, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_begin_group(pms_region* region, [NativeTypeName("uint64_t")] ulong entries_max, [NativeTypeName("uint64_t")] ulong bytes_max, pms_group** group, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_group_next(pms_group* group, void** data, [NativeTypeName("uint64_t *")] ulong* bytes, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_group_add(pms_group* group, [NativeTypeName("uint64_t")] ulong bytes, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_group_publish(pms_group* group, pms_position* positions, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_group_abandon(pms_group* group, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern void pms_group_release(pms_group* group);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_persist(pms_region* region, [NativeTypeName("const pms_position *")] pms_position* position, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_stream_persist(pms_stream* stream, [NativeTypeName("uint64_t *")] ulong* timestamp, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("uint64_t")]
    public static extern ulong pms_stream_persisted_timestamp([NativeTypeName("const pms_stream *")] pms_stream* stream);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_reserve(pms_region* region, [NativeTypeName("uint64_t")] ulong bytes, pms_reservation** reservation, void** data, pms_position* position, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_reservation_publish(pms_reservation* reservation, [NativeTypeName("uint64_t")] ulong bytes, pms_position* position, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_reservation_abandon(pms_reservation* reservation, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern void pms_reservation_release(pms_reservation* reservation);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_abandon(pms_region* region, [NativeTypeName("const pms_position *")] pms_position* position, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("uint64_t")]
    [SuppressGCTransition]
    public static extern ulong pms_region_committed([NativeTypeName("const pms_region *")] pms_region* region);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("uint64_t")]
    [SuppressGCTransition]
    public static extern ulong pms_region_persisted([NativeTypeName("const pms_region *")] pms_region* region);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_cursor_open(pms_region* region, [NativeTypeName("const pms_cursor_options *")] pms_cursor_options* options, pms_cursor** cursor, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_cursor_next(pms_cursor* cursor, pms_entry* entry, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_cursor_next_batch(pms_cursor* cursor, [NativeTypeName("const pms_entry **")] pms_entry** entries, [NativeTypeName("uint64_t *")] ulong* count, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern void pms_cursor_close(pms_cursor* cursor);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_read(pms_region* region, [NativeTypeName("const pms_position *")] pms_position* position, void* destination, [NativeTypeName("uint64_t")] ulong capacity, [NativeTypeName("uint32_t")] uint flags, [NativeTypeName("uint64_t *")] ulong* bytes, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_waiter_create(pms_stream* stream, pms_waiter** waiter, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_waiter_wait(pms_waiter* waiter, pms_awaited* awaited, [NativeTypeName("uint32_t")] uint count, [NativeTypeName("uint32_t")] uint timeout_milliseconds, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern void pms_waiter_cancel(pms_waiter* waiter);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern void pms_waiter_release(pms_waiter* waiter);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_region_wait(pms_region* region, [NativeTypeName("const pms_position *")] pms_position* after, [NativeTypeName("uint32_t")] uint timeout_milliseconds, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_check_run(pms_stream* stream, pms_check** check, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_check_summarize([NativeTypeName("const pms_check *")] pms_check* check, pms_check_summary* summary);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_check_problem([NativeTypeName("const pms_check *")] pms_check* check, [NativeTypeName("uint64_t")] ulong index, pms_problem* problem);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern void pms_check_release(pms_check* check);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_dump_open(pms_stream* stream, pms_dump** dump, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("int32_t")]
    public static extern int pms_dump_next(pms_dump* dump, pms_stored* stored, pms_error* error);

    [DllImport("pmemstream_core", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern void pms_dump_close(pms_dump* dump);

    [NativeTypeName("#define PMS_ABI_VERSION 1")]
    public const int PMS_ABI_VERSION = 1;

    [NativeTypeName("#define PMS_NAME_BYTES_MAX 63")]
    public const int PMS_NAME_BYTES_MAX = 63;

    [NativeTypeName("#define PMS_ENTRY_BYTES_MAX 1073741824")]
    public const int PMS_ENTRY_BYTES_MAX = 1073741824;

    [NativeTypeName("#define PMS_GROUP_ENTRIES_MAX 65536")]
    public const int PMS_GROUP_ENTRIES_MAX = 65536;

    [NativeTypeName("#define PMS_ENTRY_HEADER_BYTES 24")]
    public const int PMS_ENTRY_HEADER_BYTES = 24;

    [NativeTypeName("#define PMS_ENTRY_ALIGNMENT_DEFAULT 64")]
    public const int PMS_ENTRY_ALIGNMENT_DEFAULT = 64;

    [NativeTypeName("#define PMS_ENTRY_ALIGNMENT_MIN 8")]
    public const int PMS_ENTRY_ALIGNMENT_MIN = 8;

    [NativeTypeName("#define PMS_ENTRY_ALIGNMENT_MAX 4096")]
    public const int PMS_ENTRY_ALIGNMENT_MAX = 4096;

    [NativeTypeName("#define PMS_BLOCK_BYTES_DEFAULT 4096")]
    public const int PMS_BLOCK_BYTES_DEFAULT = 4096;

    [NativeTypeName("#define PMS_BLOCK_BYTES_MAX 2097152")]
    public const int PMS_BLOCK_BYTES_MAX = 2097152;

    [NativeTypeName("#define PMS_REGION_HEADER_BYTES 512")]
    public const int PMS_REGION_HEADER_BYTES = 512;
}
