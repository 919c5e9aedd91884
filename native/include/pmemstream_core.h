/* SPDX-License-Identifier: MIT */
#ifndef PMEMSTREAM_CORE_H
#define PMEMSTREAM_CORE_H

/*
 * pmemstream_core: a crash-safe, append-only log on persistent memory, and on ordinary files.
 *
 * A stream (a file or a device) is divided into regions. Each region is a log of entries of 0 bytes to 1 GiB.
 * An append is atomic: after any crash the entry is there whole, or not at all.
 *
 * WORDS
 *   committed   visible to cursors. Per region a prefix of the append order; it stops at the first open reservation.
 *   persisted   survives a power cut (as far as the medium does: see pms_medium_kind). Also a prefix of that order,
 *               and it may run past an open reservation.
 *   deferred    appended, but not persisted by that call: whoever persists later, or appends durably behind it, does it.
 *   timestamp   a logical clock of the whole stream, never the time of day. Grows with every entry, has gaps.
 *   position    offset of the entry in the stream, in bytes, together with its timestamp. A position never names
 *               another entry than the one it was given for: after a clear or free it is refused.
 *
 * CONVENTIONS
 *   Status    Functions return PMS_OK (0) or a negative pms_status. Numbers are fixed for ever.
 *   Error     The last parameter `error` may be null. When it is not, it is written on failure (and its status set
 *             to PMS_OK on success): OS error, position, and one line of text with what was expected and found.
 *   Structs   Option and info structs begin with struct_bytes, which the caller sets to sizeof the struct, and end
 *             in reserved fields, which the caller sets to zero.
 *   Threads   Every function may be called from any thread at any time, unless it says otherwise. One pms_cursor,
 *             one pms_reservation, one pms_group, and one pms_dump, is used by one thread at a time.
 *   Strings   Paths and names are UTF-8. Paths end in NUL; names come with their length.
 *   Lifetime  Handles stay valid memory until their _release (or _close of a cursor or dump): a call on a handle of a
 *             closed stream returns PMS_E_CLOSED, on a handle of a freed region PMS_E_STALE.
 *   Cost      "flush" below counts cache lines made durable, "drain" the fences (on the page cache: the syncs).
 *
 * CAVEATS - how users lose data
 *   - On PMS_MEDIUM_VOLATILE nothing survives a power cut, whatever a function returned.
 *   - Truncating the file while it is open raises SIGBUS in whoever reads or writes the lost part; so does a media
 *     error on persistent memory.
 *   - Writing into the memory of a reservation after it was published breaks the log from that entry on.
 *   - A region is not cleared or freed under an open cursor of this process, but a cursor in another process sees
 *     PMS_E_STALE only at its next call: data that it still points at may already be overwritten. PMS_READ_PINNED prevents it.
 *   - After fork() the child may only release its handles: every other call on them returns PMS_E_FORKED, whether or not
 *     its own list says so.
 *   - Copying a stream file copies its UUID: two copies that are both written to have diverged; do not mix them.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef PMS_API
#if defined(_WIN32)
#if defined(PMS_BUILDING_LIBRARY)
#define PMS_API __declspec(dllexport)
#else
#define PMS_API __declspec(dllimport)
#endif
#else
#define PMS_API __attribute__((visibility("default")))
#endif
#endif

/* Changes whenever a struct, an enum value or a function's meaning changes incompatibly. */
#define PMS_ABI_VERSION 1
/* Longest region name, in bytes of UTF-8. */
#define PMS_NAME_BYTES_MAX 63
/* Largest payload of an entry: 1 GiB. */
#define PMS_ENTRY_BYTES_MAX 1073741824
/* Most entries of a group. */
#define PMS_GROUP_ENTRIES_MAX 65536
/* Bytes that each entry takes besides its payload, before padding to the region's entry alignment. */
#define PMS_ENTRY_HEADER_BYTES 24
/* Entry alignment of a region, in bytes, when the options say 0: one cache line. */
#define PMS_ENTRY_ALIGNMENT_DEFAULT 64
/* Smallest entry alignment (packed entries share cache lines). */
#define PMS_ENTRY_ALIGNMENT_MIN 8
/* Largest entry alignment. */
#define PMS_ENTRY_ALIGNMENT_MAX 4096
/* Block size of a stream, in bytes, when the options say 0. */
#define PMS_BLOCK_BYTES_DEFAULT 4096
/* Largest block size. Block sizes are powers of two. */
#define PMS_BLOCK_BYTES_MAX 2097152
/* Bytes at the start of a region that hold its header; its first entry begins behind them. */
#define PMS_REGION_HEADER_BYTES 512

/* The mapped stream. Freed by pms_stream_release. */
typedef struct pms_stream pms_stream;
/* One life of one region. Freed by pms_region_release. */
typedef struct pms_region pms_region;
/* Space in a region that is being written in place. Freed by pms_reservation_release. */
typedef struct pms_reservation pms_reservation;
/* Entries that are being written in place and end as a whole. Freed by pms_group_release. */
typedef struct pms_group pms_group;
/* A reader's place in a region. Freed by pms_cursor_close. */
typedef struct pms_cursor pms_cursor;
/* The findings of one pms_check_run. Freed by pms_check_release. */
typedef struct pms_check pms_check;
/* A place in a listing of what is stored. Freed by pms_dump_close. */
typedef struct pms_dump pms_dump;
/* Somebody who waits for entries. Freed by pms_waiter_release. */
typedef struct pms_waiter pms_waiter;

typedef enum pms_status {
	PMS_OK = 0,

	/* The caller's mistakes: nothing was changed. */
	PMS_E_INVALID_ARGUMENT = -1, /* an argument is out of its range; the text says which and what was expected */
	PMS_E_CLOSED = -2,	     /* the stream was closed */
	PMS_E_STALE = -3,	     /* the region was freed or cleared since the handle, cursor or position was made */
	PMS_E_READ_ONLY = -4,	     /* the stream is open for reading only */
	PMS_E_ENDED = -5,	     /* the reservation was already published or abandoned */
	PMS_E_FORKED = -6,	     /* the stream was opened by the parent of this process */

	/* Outcomes to expect. */
	PMS_E_END = -20,	 /* no more entries now */
	PMS_E_NOT_FOUND = -21,	 /* no such file, folder or region */
	PMS_E_EXISTS = -22,	 /* the file, or a region of that name, exists */
	PMS_E_REGION_FULL = -23, /* the entry does not fit into what is left of the region */
	PMS_E_STREAM_FULL = -24, /* no free extent is large enough for the region */
	PMS_E_BUSY = -25,	 /* a reservation, cursor, append or check is open on the region */
	PMS_E_TOO_SMALL = -26,	 /* the destination is too small; the needed size was returned */
	PMS_E_NO_ENTRY = -27,	 /* the position names no visible entry of this region */
	PMS_E_TIMEOUT = -28,	 /* nothing came in the time that was given */
	PMS_E_CANCELLED = -29,	 /* the wait was cancelled */

	/* The environment. */
	PMS_E_IO = -40,		   /* an operating-system call failed; see os_error */
	PMS_E_NO_SPACE = -41,	   /* the file system or device has no room */
	PMS_E_PERMISSION = -42,	   /* the operating system refuses access */
	PMS_E_LOCKED = -43,	   /* another writer has the stream open */
	PMS_E_NO_MEMORY = -44,	   /* out of memory or address space */
	PMS_E_MEDIUM = -45,	   /* the medium is not what the options require */
	PMS_E_POISONED = -46,	   /* an earlier drain failed: what it covered may be lost; reopen the stream */
	PMS_E_NOT_SUPPORTED = -47, /* this platform or file type cannot do it */

	/* Not ours, newer, or another layout. */
	PMS_E_NOT_A_STREAM = -60,    /* neither header copy carries the magic */
	PMS_E_NEWER_VERSION = -61,   /* written by a newer format version */
	PMS_E_UNKNOWN_FEATURE = -62, /* uses a feature that this library does not know */
	PMS_E_TRUNCATED = -63,	     /* the file is shorter than the stream in it */

	/* Corruption. */
	PMS_E_CORRUPT = -80,   /* stored data fails its checks; position and text say where and which */
	PMS_E_EXHAUSTED = -81, /* the 2^56 timestamps of the stream are used up: no more entries can be written */

	PMS_E_INTERNAL = -99 /* a bug in this library */
} pms_status;

/* What the stream lies on, and so what "durable" means for it. */
typedef enum pms_medium_kind {
	/* DAX file system or device-DAX: durable by cache-line flush and fence. Survives power loss. */
	PMS_MEDIUM_PERSISTENT_MEMORY = 1,
	/* An ordinary file: durable by msync/fdatasync. Survives power loss as far as the device keeps its promises. */
	PMS_MEDIUM_PAGE_CACHE = 2,
	/* tmpfs and the like: survives the death of the process, not of the machine. */
	PMS_MEDIUM_VOLATILE = 3
} pms_medium_kind;

/* What a caller demands of the medium; opening fails with PMS_E_MEDIUM rather than fall back. */
typedef enum pms_medium_requirement {
	PMS_REQUIRE_ANY = 0,
	PMS_REQUIRE_DURABLE = 1,	  /* anything that survives power loss: not PMS_MEDIUM_VOLATILE */
	PMS_REQUIRE_PERSISTENT_MEMORY = 2 /* PMS_MEDIUM_PERSISTENT_MEMORY only */
} pms_medium_requirement;

/* How bytes reach the medium. */
typedef enum pms_flush_policy {
	PMS_FLUSH_AUTO = 0,	    /* in options: choose by CPU and medium */
	PMS_FLUSH_NON_TEMPORAL = 1, /* non-temporal stores, fence (Intel) */
	/* Stores and clwb/clflushopt/clflush below 2 KiB, non-temporal and clwb above. With PMS_FLUSH_AUTO on Windows by calls of
	 * the system, where it has them (RtlFlushNonVolatileMemory); the medium's text says which. */
	PMS_FLUSH_CACHE_LINES = 2,
	PMS_FLUSH_FENCE_ONLY = 3, /* the platform flushes its caches on power loss (eADR): fence only */
	PMS_FLUSH_SYNC = 4	  /* msync / fdatasync; the only one for the page cache */
} pms_flush_policy;

/* pms_create_options.flags */
typedef enum pms_create_flags {
	PMS_CREATE_DEFAULT = 0,
	PMS_CREATE_OVERWRITE = 1 /* replace what is there; refused while a writer has it open */
} pms_create_flags;

/* pms_open_options.flags */
typedef enum pms_open_flags {
	PMS_OPEN_DEFAULT = 0,
	PMS_OPEN_READ_ONLY = 1, /* take no lock, write nothing, need no write permission */
	/* Cut damaged regions off at their first damaged entry instead of refusing to open. Entries behind are lost. */
	PMS_OPEN_SALVAGE = 2
} pms_open_flags;

/* Flags of pms_region_append_parts and pms_region_append_group. */
typedef enum pms_append_flags {
	PMS_APPEND_DURABLE = 0, /* durable on return */
	PMS_APPEND_DEFERRED = 1 /* visible on return, durable by a later persist */
} pms_append_flags;

/* Where a cursor starts. */
typedef enum pms_cursor_start {
	PMS_CURSOR_FIRST = 0,	      /* at the first entry of the region */
	PMS_CURSOR_AT = 1,	      /* at the entry with the given position */
	PMS_CURSOR_AFTER = 2,	      /* behind the entry with the given position; (0, 0): at the first */
	PMS_CURSOR_FROM_TIMESTAMP = 3 /* at the first entry whose timestamp is at or above the given one */
} pms_cursor_start;

/* pms_cursor_options.flags, and the flags of pms_region_read */
typedef enum pms_read_flags {
	PMS_READ_VERIFIED = 0, /* hash every payload and compare with its checksum */
	/* Skip the hash of the payload: sizes, order and bounds are still checked, damaged bytes are not noticed. */
	PMS_READ_UNVERIFIED = 1,
	/*
	 * Of a cursor of a stream that is open for reading only: a writer in another process gets PMS_E_BUSY when it would clear or
	 * free the region, so that what the entries point at stays. (A cursor in the writer's own process always does that.)
	 */
	PMS_READ_PINNED = 2
} pms_read_flags;

/* pms_entry.flags */
typedef enum pms_entry_flags {
	PMS_ENTRY_PLAIN = 0,
	PMS_ENTRY_GROUP_CONTINUES = 1 /* the next entry belongs to the same atomic group */
} pms_entry_flags;

/* pms_recovery_info.flags, and the field state of pms_stream_info and pms_region_info */
typedef enum pms_state_flags {
	PMS_STATE_NONE = 0,
	PMS_STATE_HEADER_DAMAGED = 1,	   /* stream: one header copy was bad; region: its header is damaged */
	PMS_STATE_HEADER_REPAIRED = 2,	   /* stream: the bad copy was rewritten by this open */
	PMS_STATE_CEILING_DAMAGED = 4,	   /* a copy of the timestamp ceiling was bad, or an entry lay above it */
	PMS_STATE_LAYOUT_DAMAGED = 8,	   /* an extent word is bad: regions can be neither created nor freed */
	PMS_STATE_ENTRIES_DAMAGED = 16,	   /* acknowledged entries are damaged */
	PMS_STATE_CHECKPOINT_DAMAGED = 32, /* a checkpoint was unusable: the region was walked from its start */
	PMS_STATE_SALVAGED = 64,	   /* damaged regions were cut off, as asked by PMS_OPEN_SALVAGE */
	PMS_STATE_FILE_LARGER = 128,	   /* the file is larger than the stream in it; the rest is ignored */
	PMS_STATE_NO_WRITES = 256,	   /* damage forbids writing: the stream or region is readable only */
	PMS_STATE_WORD_DAMAGED = 512	   /* another stored word failed its check (text in pms_check_run) */
} pms_state_flags;

/* pms_problem.severity */
typedef enum pms_severity {
	PMS_SEVERITY_NOTE = 1,	  /* harmless: what a crash leaves, or a repaired copy */
	PMS_SEVERITY_WARNING = 2, /* redundancy or space lost, no data */
	PMS_SEVERITY_ERROR = 3	  /* data or structure is damaged */
} pms_severity;

/* What pms_stored describes: the structures of native/FORMAT.md, and the space between them. Later versions add some. */
typedef enum pms_stored_kind {
	PMS_STORED_STREAM_HEADER = 1,	    /* a copy of the stream header */
	PMS_STORED_CEILING = 2,		    /* sealed word: a copy of the timestamp ceiling */
	PMS_STORED_PERSISTED_TIMESTAMP = 3, /* sealed word */
	PMS_STORED_LAYOUT_EPOCH = 4,	    /* sealed word */
	PMS_STORED_STREAM_SIZE = 5,	    /* sealed word */
	PMS_STORED_STREAM_SPARE = 6,	    /* sealed word */
	PMS_STORED_FREE_PIECE = 7,	    /* free space */
	PMS_STORED_REGION_PIECE = 8,	    /* a region as a whole; its parts follow */
	PMS_STORED_DAMAGED_PIECE = 9,	    /* space whose extent word is damaged; what can be read of it follows */
	PMS_STORED_REGION_HEADER = 10,	    /* static part of a region header */
	PMS_STORED_EXTENT = 11,		    /* sealed word: state of a piece (bits 54-55), size in blocks */
	PMS_STORED_BASE = 12,		    /* sealed word: base timestamp of a region */
	PMS_STORED_CHECKPOINT = 13,	    /* sealed word */
	PMS_STORED_REGION_SPARE = 14,	    /* sealed word */
	PMS_STORED_DATA = 15,		    /* an entry */
	PMS_STORED_PENDING = 16,	    /* an open reservation, or one that a dead process left */
	PMS_STORED_SKIP = 17,		    /* an abandoned reservation, or the seal of a cut */
	PMS_STORED_DAMAGED = 18,	    /* a stretch of a region where a valid entry should begin, and none does */
	PMS_STORED_ROOM = 19		    /* the rest of a region, behind its last entry */
} pms_stored_kind;

/* Detail of a failure. Written by the callee; plain memory of the caller. */
typedef struct pms_error {
	int32_t status;	   /* a pms_status */
	int32_t os_error;  /* errno or GetLastError(), 0 where no system call failed */
	uint64_t position; /* offset in the stream in bytes where a check failed, or 0 */
	uint64_t expected; /* value that was expected, where one number says it, or 0 */
	uint64_t found;	   /* value that was found */
	char message[512]; /* one line of UTF-8, ends in NUL */
} pms_error;

/* Names an entry for ever. offset 0 is no entry. */
typedef struct pms_position {
	uint64_t offset;    /* of the entry's header in the stream, in bytes */
	uint64_t timestamp; /* of the entry */
} pms_position;

/* A piece of the caller's memory. */
typedef struct pms_part {
	const void *data; /* may be null when bytes is 0 */
	uint64_t bytes;
} pms_part;

typedef struct pms_create_options {
	uint32_t struct_bytes;
	uint32_t flags;	       /* pms_create_flags */
	uint64_t stream_bytes; /* size; rounded up to whole blocks; 0 only for a device, whose size it then takes */
	uint32_t block_bytes;  /* unit of region sizes: a power of two from 4096; 0: PMS_BLOCK_BYTES_DEFAULT */
	uint32_t medium_requirement; /* pms_medium_requirement */
	uint32_t flush_policy;	     /* pms_flush_policy; other than AUTO is for tests and measurements */
	uint32_t reserved0;
	uint64_t reserved[4];
} pms_create_options;

typedef struct pms_open_options {
	uint32_t struct_bytes;
	uint32_t flags;		     /* pms_open_flags */
	uint32_t medium_requirement; /* pms_medium_requirement */
	uint32_t flush_policy;	     /* pms_flush_policy; other than AUTO is for tests and measurements */
	uint32_t wait_milliseconds;  /* how long to wait for another writer to close; UINT32_MAX: for ever */
	uint32_t reserved0;
	uint64_t reserved[4];
} pms_open_options;

typedef struct pms_stream_info {
	uint32_t struct_bytes;
	uint32_t format_version;
	uint8_t uuid[16];
	uint64_t stream_bytes;	       /* size of the stream */
	uint64_t file_bytes;	       /* size of the file or device; may be larger */
	uint64_t free_bytes;	       /* in free extents, headers included */
	uint64_t largest_free_bytes;   /* usable size of the largest region that could be created now; 0: none */
	uint64_t created_unix_seconds; /* wall-clock time of creation, as the creator's machine had it */
	uint64_t next_timestamp;       /* above every timestamp given out so far */
	uint64_t compatible_features;  /* feature masks of the header */
	uint64_t incompatible_features;
	uint64_t read_only_features;
	uint32_t block_bytes;
	uint32_t region_count; /* live regions */
	uint32_t medium_kind;  /* pms_medium_kind */
	uint32_t flush_policy; /* pms_flush_policy in use */
	uint32_t read_only;    /* 1: opened for reading only */
	uint32_t state;	       /* pms_state_flags that still hold */
	char medium_text[192]; /* one line for people: the medium, and what makes an append durable on it */
	uint64_t reserved[4];
} pms_stream_info;

/*
 * What opening found and did. After a clean close all zero but region_count; cuts_sealed may count old bytes behind the tail
 * that look like a timestamp.
 */
typedef struct pms_recovery_info {
	uint32_t struct_bytes;
	uint32_t flags;		    /* pms_state_flags */
	uint64_t region_count;	    /* regions examined */
	uint64_t walked_bytes;	    /* bytes of entries walked behind the checkpoints */
	uint64_t walked_entries;    /* entries walked, the one at each checkpoint not counted */
	uint64_t recovered_entries; /* of these, data entries that are part of the log */
	uint64_t pending_skipped;   /* reservations of dead sessions that were passed over */
	uint64_t groups_dropped;    /* incomplete groups that were dropped whole */
	uint64_t cuts_sealed;	    /* torn tails that were sealed off */
	uint64_t damaged_regions;   /* regions with damage to acknowledged entries or to their header */
	uint64_t salvaged_entries;  /* valid entries lost by salvage behind a damaged one, as far as they were found */
	uint64_t first_damage;	    /* offset of the first damage, or 0 */
	uint64_t reserved[4];
} pms_recovery_info;

/*
 * What this handle has done since it was opened, for people who watch it: sums over all regions, also those that were cleared
 * or freed. They only grow. Read one after the other beside threads that append, so they fit together only roughly.
 */
typedef struct pms_counters {
	uint32_t struct_bytes;
	uint32_t reserved0;
	uint64_t entries;	 /* data entries and reservations that took their place; of a group each */
	uint64_t appended_bytes; /* what these take, with headers and padding */
	uint64_t persists;	 /* makings durable of what others had appended: of a region, or of the stream */
	uint64_t syncs;		 /* msyncs of the page cache; 0 on other media, where nobody counts fences */
	uint64_t reserved[4];
} pms_counters;

/* A stream that is open for reading only, in whatever process, beside a writer. For people who watch it. */
typedef struct pms_reader_info {
	uint32_t struct_bytes;
	uint32_t is_this; /* 1: the handle that was asked */
	uint64_t process; /* its id, as the process itself sees it (pid namespaces) */
	uint64_t
	    since_unix_seconds; /* wall-clock time when it came to its writer, as its machine had it; 0: not known */
	uint32_t pin_count;	/* regions that it keeps from being cleared or freed (PMS_READ_PINNED) */
	uint32_t reserved0;
	uint64_t pins[60]; /* their pms_region_info.identity, in no order; zeros behind them */
	uint64_t reserved[4];
} pms_reader_info;

typedef struct pms_region_options {
	uint32_t struct_bytes;
	uint32_t name_bytes;	  /* 0: a region without a name */
	const char *name;	  /* UTF-8 without NUL; need not end in NUL; may be null when name_bytes is 0 */
	uint64_t usable_bytes;	  /* least room for entries; rounded up so that the region fills whole blocks */
	uint32_t entry_alignment; /* power of two from 8 to 4096; 0: PMS_ENTRY_ALIGNMENT_DEFAULT */
	uint32_t reserved0;
	uint64_t reserved[4];
} pms_region_options;

typedef struct pms_region_info {
	uint32_t struct_bytes;
	uint32_t entry_alignment;
	uint64_t offset;	   /* of the region in the stream */
	uint64_t total_bytes;	   /* size with its header */
	uint64_t usable_bytes;	   /* room for entries, headers and padding of entries included */
	uint64_t used_bytes;	   /* taken by entries and reservations */
	uint64_t identity;	   /* timestamp of its creation: never given to another region */
	uint64_t base_timestamp;   /* entries of this life are above it; changes with every clear */
	uint64_t committed_offset; /* stream offset up to which entries are visible */
	uint64_t persisted_offset; /* stream offset up to which entries are durable */
	uint64_t first_timestamp;  /* of the first visible data entry; 0: none */
	uint64_t last_timestamp;   /* of the last visible data entry; 0: none */
	uint64_t open_reservations;
	pms_position oldest_reservation; /* of the first open reservation; (0, 0): none */
	uint32_t state;			 /* pms_state_flags */
	uint32_t name_bytes;
	char name[64]; /* UTF-8, ends in NUL */
	uint64_t reserved[4];
} pms_region_info;

typedef struct pms_cursor_options {
	uint32_t struct_bytes;
	uint32_t flags; /* pms_read_flags */
	uint32_t start; /* pms_cursor_start */
	uint32_t reserved0;
	pms_position position; /* for AT and AFTER; its timestamp alone for FROM_TIMESTAMP */
	uint64_t reserved[4];
} pms_cursor_options;

/* A visible data entry, in place. */
typedef struct pms_entry {
	const void *data; /* payload in the mapping; valid until the cursor is closed or moved to another region life */
	uint64_t bytes;	  /* of the payload */
	pms_position position;
	uint32_t flags; /* pms_entry_flags */
	uint32_t reserved0;
} pms_entry;

/* What is waited for in one region: an entry behind that one. */
typedef struct pms_awaited {
	pms_region *region; /* not null, of the waiter's stream */
	pms_position after; /* of the last entry that is known; (0, 0): none */
	/*
	 * Out: PMS_OK: an entry is visible behind it. PMS_E_END: none yet. Else why there will be none: PMS_E_STALE,
	 * PMS_E_NO_ENTRY (`after` is no visible entry: also when the region was cleared), PMS_E_CORRUPT, PMS_E_CLOSED.
	 */
	int32_t status;
	uint32_t reserved0;
} pms_awaited;

/* Numbers of one pms_check_run. */
typedef struct pms_check_summary {
	uint32_t struct_bytes;
	uint32_t reserved0;
	uint64_t problem_count; /* all severities */
	uint64_t error_count;	/* PMS_SEVERITY_ERROR only */
	uint64_t region_count;
	uint64_t entry_count;	/* valid data entries */
	uint64_t payload_bytes; /* of those */
	uint64_t free_bytes;
	uint64_t reserved[4];
} pms_check_summary;

/* One finding of a check. */
typedef struct pms_problem {
	int32_t severity; /* pms_severity */
	uint32_t reserved0;
	uint64_t position;	/* stream offset in bytes */
	uint64_t region_offset; /* of the region it lies in, or 0 */
	char message[256];	/* one line: what was expected and found */
} pms_problem;

/* One stored structure, or a stretch of space. */
typedef struct pms_stored {
	uint32_t struct_bytes;
	uint32_t kind;		/* pms_stored_kind */
	uint64_t offset;	/* in the stream, in bytes */
	uint64_t bytes;		/* that it takes; of an entry its extent */
	uint64_t region_offset; /* of the piece it lies in; 0: in none */
	uint64_t value; /* of a sealed word: its value when it is whole, else all 64 bits; 0 for everything else */
	uint64_t payload_bytes; /* of an entry */
	uint64_t timestamp;	/* of an entry */
	uint64_t lag_bytes;	/* of an entry; UINT64_MAX: more than can be said, or unknown */
	uint32_t whole;		/* 1: its checksum or seal holds, and its fields are in their ranges */
	uint32_t flags;		/* pms_entry_flags of an entry */
	char text[512];		/* one line of UTF-8: its fields, and what is wrong with it. For people: not stable */
	uint64_t reserved[4];
} pms_stored;

/* ---- the library ------------------------------------------------------------------------------------------------ */

/* PMS_ABI_VERSION of the loaded library. Never blocks. */
PMS_API uint32_t pms_abi_version(void);

/* Version of the loaded library as text, such as "0.1.0". Static memory. Never blocks. */
PMS_API const char *pms_version_text(void);

/* One line of text for a status; for an unknown one "unknown status". Static memory. Never blocks. */
PMS_API const char *pms_status_text(int32_t status);

/*
 * Facts of the compiled library that bindings compare with their own: sizes, offsets, enum values.
 *
 * index  0 .. pms_abi_fact_count() - 1.
 * name   out, static memory: "sizeof(pms_error)", "offsetof(pms_error, position)" or "PMS_E_IO".
 * value  out.
 * Returns PMS_OK or PMS_E_INVALID_ARGUMENT (index out of range, or a null pointer).
 */
PMS_API int32_t pms_abi_fact(uint32_t index, const char **name, int64_t *value);

/* Number of facts that pms_abi_fact knows. Never blocks. */
PMS_API uint32_t pms_abi_fact_count(void);

/* ---- streams ---------------------------------------------------------------------------------------------------- */

/*
 * Creates a stream at `path` and opens it for writing.
 *
 * The file is built under a temporary name in the same folder ("<path>.<16 hex digits>.creating") and renamed into place, so
 * that a crash leaves at the path either nothing or a whole stream. The temporary file may stay behind, with all of its
 * space: it can be deleted when nobody is creating. A symbolic link is followed. All of its space is allocated here: appending never runs out of disk. A device is
 * written in place. Whatever is at `path` already is refused with PMS_E_EXISTS (a device: when it holds any data),
 * unless PMS_CREATE_OVERWRITE is given.
 *
 * path     in, not null.
 * options  in, not null.
 * stream   out, not null: owned by the caller, who ends with pms_stream_close and pms_stream_release. Null on failure.
 * Durable on return: the empty stream, its name included.
 * Returns PMS_OK, or PMS_E_INVALID_ARGUMENT (also a size too small for one region), PMS_E_EXISTS, PMS_E_NOT_FOUND (no
 * such folder), PMS_E_NO_SPACE, PMS_E_PERMISSION, PMS_E_LOCKED (overwriting), PMS_E_MEDIUM, PMS_E_NOT_SUPPORTED,
 * PMS_E_NO_MEMORY, PMS_E_IO.
 */
PMS_API int32_t pms_stream_create(const char *path, const pms_create_options *options, pms_stream **stream,
				  pms_error *error);

/*
 * Opens the stream at `path`, for writing unless PMS_OPEN_READ_ONLY is given, and recovers it.
 *
 * Never creates, never formats. Nothing is written before everything that was read has been validated. For writing,
 * one process at a time: the lock dies with its process. The cost is what was appended since the last checkpoint of
 * each region (about a MiB), not the length of the log. Whole damaged entries that had been acknowledged are never cut
 * off: opening for writing then fails with PMS_E_CORRUPT, unless PMS_OPEN_SALVAGE is given; reading is still possible.
 *
 * For reading only: no lock is taken, and each cursor sees what was committed when it was opened or last reached its
 * end, also what a writer in another process has appended meanwhile.
 *
 * path     in, not null.
 * options  in; null: the defaults.
 * stream   out, not null: owned by the caller. Null on failure.
 * Durable on return, for writing: every entry that is visible.
 * Returns PMS_OK, or PMS_E_INVALID_ARGUMENT, PMS_E_NOT_FOUND, PMS_E_NOT_A_STREAM (also a folder or an empty file),
 * PMS_E_NEWER_VERSION, PMS_E_UNKNOWN_FEATURE, PMS_E_TRUNCATED, PMS_E_CORRUPT, PMS_E_LOCKED, PMS_E_PERMISSION,
 * PMS_E_MEDIUM, PMS_E_NO_MEMORY, PMS_E_EXHAUSTED, PMS_E_NO_SPACE (a sparse file whose holes could not be filled),
 * PMS_E_NOT_SUPPORTED (a file system without locks, a device that needs a library that is not there), PMS_E_IO.
 */
PMS_API int32_t pms_stream_open(const char *path, const pms_open_options *options, pms_stream **stream,
				pms_error *error);

/*
 * Makes the stream larger, in place: what is new is free space, for regions. Cursors, reservations, appends and regions go on
 * meanwhile, and their pointers hold; other threads that grow wait, and pms_stream_close does not. All of the new space is
 * allocated before anything else: a full disk changes nothing. Readers in other processes take the new size over when they
 * next look for regions or describe the stream.
 *
 * The mapping grows into addresses that opening has reserved for it: eight times the size of the file, at least 64 GiB, or
 * less where the system gives less. Beyond that PMS_E_NO_MEMORY says how far it can grow while it is open; after it was closed
 * and opened again it can grow on. The same holds in each reader, whose calls return PMS_E_NO_MEMORY then. A device has a fixed
 * size: a stream that does not fill it can grow up to that.
 *
 * stream_bytes  the new size, not what is added to it; rounded up to whole blocks. The size that it has already: nothing
 *               is done. A stream does not shrink.
 * Durable on return: the new size. After a crash at any moment, and after PMS_E_IO, the stream has the old size or the new
 * one, and all of its regions; the file may be longer than the stream (PMS_STATE_FILE_LARGER), which the next growing takes.
 * After every other failure it has the old size.
 * Cost: a sync of the file, a few flushes, 2 drains, and 1 when the end of the stream was free.
 * Returns PMS_OK, PMS_E_INVALID_ARGUMENT (less than it has, or more than 2^55), PMS_E_NO_SPACE (no room, or a size that the
 * file system or device cannot have), PMS_E_NO_MEMORY, PMS_E_MEDIUM (the new part is not mapped as the rest is),
 * PMS_E_READ_ONLY, PMS_E_CORRUPT (damaged layout), PMS_E_CLOSED, PMS_E_POISONED, PMS_E_IO, PMS_E_FORKED.
 */
PMS_API int32_t pms_stream_grow(pms_stream *stream, uint64_t stream_bytes, pms_error *error);

/*
 * Closes the stream: calls that begin later return PMS_E_CLOSED. May run while other threads append and read.
 *
 * Makes deferred entries durable. Does not wait for open reservations and cursors, and for other calls only when a publish in
 * progress lies before a deferred entry. Checkpoints what is persisted, so that the next open is short. The
 * last append, reservation or cursor ends the mapping; the last append or reservation releases the writer lock. A
 * reservation that is published after the close is abandoned (PMS_E_CLOSED). The address range is kept reserved, so
 * that a stale pointer reads zeros or old bytes and does not fault.
 *
 * stream  in; null does nothing. Closing twice does nothing. The handle still must be released.
 * Returns PMS_OK, or PMS_E_IO / PMS_E_POISONED when deferred entries or the checkpoint could not be made durable (no entry is
 * lost by that but deferred ones).
 */
PMS_API int32_t pms_stream_close(pms_stream *stream);

/* Closes the stream if need be, and gives up the handle. Null does nothing. No call on it may follow or be running. */
PMS_API void pms_stream_release(pms_stream *stream);

/*
 * Describes the stream. info: out, struct_bytes set by the caller. A reader looks at what a writer has changed first. Returns
 * PMS_OK, PMS_E_INVALID_ARGUMENT, PMS_E_CLOSED; a reader also PMS_E_NO_MEMORY (see pms_stream_grow), PMS_E_TRUNCATED, PMS_E_IO.
 */
PMS_API int32_t pms_stream_describe(pms_stream *stream, pms_stream_info *info, pms_error *error);

/*
 * What opening found and did. recovery: out, struct_bytes set by the caller. Returns PMS_OK, PMS_E_INVALID_ARGUMENT,
 * PMS_E_CLOSED.
 */
PMS_API int32_t pms_stream_recovery(pms_stream *stream, pms_recovery_info *recovery, pms_error *error);

/*
 * What was done by this handle. counters: out, struct_bytes set by the caller. Of a stream that is open for reading only all
 * are 0. Costs a lock that creating and freeing regions take, and that a persist of the whole stream holds; appends neither
 * wait for it nor pay for it. Returns PMS_OK, PMS_E_INVALID_ARGUMENT, PMS_E_CLOSED.
 */
PMS_API int32_t pms_stream_counters(pms_stream *stream, pms_counters *counters, pms_error *error);

/*
 * Who has the stream open for reading only, one after the other: start with *index 0, and go on until PMS_E_END. Readers come and
 * go meanwhile; each is shown as it was found, and one that was killed is not shown. Those beyond the 64 that have a place in the
 * coordination file are not known, nor those that may not write it. Without a writer that has one nobody is.
 *
 * index   in and out, not null: where to go on looking.
 * reader  out, not null, struct_bytes set by the caller. Changed by PMS_OK alone.
 * Cost: a system call or two for each of up to 64 places. Appends neither wait for it nor pay for it.
 * Returns PMS_OK, PMS_E_END, PMS_E_NOT_SUPPORTED (no coordination file, or one that may not be written: readers are not known),
 * PMS_E_INVALID_ARGUMENT, PMS_E_CLOSED, PMS_E_FORKED.
 */
PMS_API int32_t pms_stream_next_reader(pms_stream *stream, uint32_t *index, pms_reader_info *reader, pms_error *error);

/*
 * The stable timestamp: every entry at or below it is visible, in whatever region, and none will be added. What is read up to
 * it and merged by timestamp is never overtaken by an entry that becomes visible later.
 *
 * It covers all that was acknowledged before the call, up to the first open reservation of any region: entries with a later
 * timestamp are above it until that ends. In a stream that is open for reading only: everything, as long as no writer has it
 * open; beside a writer, what this handle found stable before that came, and what the writer has made durable for the stream as
 * a whole (its persisted timestamp). It never falls. Regions that are created, cleared or freed later are another matter.
 *
 * timestamp  out, not null; 0: nothing is.
 * Cost: a look at each region. Waits for appends and publishes in flight, not for reservations.
 * Returns PMS_OK, PMS_E_INVALID_ARGUMENT, PMS_E_CLOSED, PMS_E_FORKED.
 */
PMS_API int32_t pms_stream_stable_timestamp(pms_stream *stream, uint64_t *timestamp, pms_error *error);

/* ---- regions ---------------------------------------------------------------------------------------------------- */

/*
 * Creates an empty region in the first free extent that is large enough.
 *
 * options  in, not null.
 * region   out, not null: a handle that the caller releases with pms_region_release.
 * Durable on return: the region. Cost: a few flushes, 2 drains.
 * Returns PMS_OK, PMS_E_INVALID_ARGUMENT (size 0, 2^55 or more, bad alignment, a name that is too long, not UTF-8 or
 * holds a NUL), PMS_E_EXISTS, PMS_E_STREAM_FULL, PMS_E_READ_ONLY, PMS_E_CORRUPT (damaged layout), PMS_E_CLOSED,
 * PMS_E_NO_MEMORY, PMS_E_EXHAUSTED, PMS_E_POISONED, PMS_E_IO.
 */
PMS_API int32_t pms_region_create(pms_stream *stream, const pms_region_options *options, pms_region **region,
				  pms_error *error);

/*
 * Finds a region by name. name: in, name_bytes of UTF-8, at least 1. region: out, released by the caller.
 * Returns PMS_OK, PMS_E_NOT_FOUND, PMS_E_CORRUPT (not found, but a region header is damaged, which may be its own),
 * PMS_E_INVALID_ARGUMENT, PMS_E_CLOSED; a reader also as pms_stream_describe.
 */
PMS_API int32_t pms_region_find(pms_stream *stream, const char *name, uint64_t name_bytes, pms_region **region,
				pms_error *error);

/*
 * Enumerates in address order: the first region whose offset is `offset` or above.
 *
 * Start with 0 and go on with the offset of the last one + 1. Regions created or freed meanwhile may or may not be met.
 * region  out, released by the caller.
 * Returns PMS_OK, PMS_E_END, PMS_E_INVALID_ARGUMENT, PMS_E_CLOSED; a reader also as pms_stream_describe.
 */
PMS_API int32_t pms_region_next(pms_stream *stream, uint64_t offset, pms_region **region, pms_error *error);

/*
 * Describes a region. info: out, struct_bytes set by the caller. Finding the first timestamp may walk over skipped
 * entries. Returns PMS_OK, PMS_E_STALE, PMS_E_INVALID_ARGUMENT, PMS_E_CLOSED.
 */
PMS_API int32_t pms_region_describe(pms_region *region, pms_region_info *info, pms_error *error);

/*
 * Removes all entries, in constant time. The handle stays valid; positions of removed entries are refused from now on.
 *
 * Durable on return. Cost: 3 flushes, 2 drains.
 * Returns PMS_OK, PMS_E_BUSY (a reservation, cursor, append or check is open on it), PMS_E_STALE, PMS_E_READ_ONLY,
 * PMS_E_CLOSED, PMS_E_CORRUPT, PMS_E_EXHAUSTED, PMS_E_POISONED, PMS_E_IO.
 */
PMS_API int32_t pms_region_clear(pms_region *region, pms_error *error);

/*
 * Gives the space of the region back. Every handle to it, this one too, is stale for ever, and still must be released.
 *
 * Durable on return. Cost: 1 drain, and 1 for each free neighbour that it is merged with. Returns as pms_region_clear; PMS_E_STALE when it was freed before.
 */
PMS_API int32_t pms_region_free(pms_region *region, pms_error *error);

/* Gives up one handle; the region itself stays. Null does nothing. */
PMS_API void pms_region_release(pms_region *region);

/* ---- appending -------------------------------------------------------------------------------------------------- */

/*
 * Appends one entry. Atomic.
 *
 * data      in: `bytes` bytes, not read after the return; may be null when bytes is 0. Changing them meanwhile damages
 *           this entry alone.
 * bytes     0 to PMS_ENTRY_BYTES_MAX.
 * position  out, may be null.
 * Durable on return: this entry and everything before it in the region.
 * Visible on return, unless an earlier reservation is still open: then when that ends.
 * Cost: each line of the entry flushed once, 1 drain. Waits for appends that began earlier, never for reservations.
 * Returns PMS_OK, PMS_E_REGION_FULL, PMS_E_INVALID_ARGUMENT, PMS_E_STALE, PMS_E_READ_ONLY, PMS_E_CLOSED, PMS_E_CORRUPT
 * (a damaged region), PMS_E_NO_MEMORY, PMS_E_EXHAUSTED, PMS_E_POISONED, PMS_E_IO, PMS_E_FORKED. After PMS_E_IO and
 * PMS_E_POISONED the entry may or may not be there when the stream is opened again.
 */
PMS_API int32_t pms_region_append(pms_region *region, const void *data, uint64_t bytes, pms_position *position,
				  pms_error *error);

/*
 * Appends one entry without making it durable: for many small entries and one pms_region_persist behind them.
 *
 * Arguments as pms_region_append.
 * Visible on return, as after pms_region_append. Durable when a pms_region_persist that begins after the return has
 * returned, or a later durable append or publish in the same region, or pms_stream_persist; also after pms_stream_close
 * returned PMS_OK. After a crash before that, entries that were not persisted are there up to some point, in order, each
 * whole; what lies behind that point is gone.
 * Cost: no flush, no drain. Waits for appends that began earlier in the region.
 * Statuses as pms_region_append.
 */
PMS_API int32_t pms_region_append_deferred(pms_region *region, const void *data, uint64_t bytes, pms_position *position,
					   pms_error *error);

/*
 * Appends one entry whose payload lies in several pieces of memory, without a copy of the whole.
 *
 * parts       in: `part_count` of them, one after the other the payload: together at most PMS_ENTRY_BYTES_MAX.
 * part_count  may be 0: an empty entry. parts may then be null.
 * flags       pms_append_flags.
 * Else as pms_region_append, or pms_region_append_deferred.
 */
PMS_API int32_t pms_region_append_parts(pms_region *region, const pms_part *parts, uint64_t part_count, uint32_t flags,
					pms_position *position, pms_error *error);

/*
 * Appends several entries, all or none of which are there after a crash. They have consecutive timestamps and nothing lies
 * between them.
 *
 * entries      in: the payload of each, at most PMS_ENTRY_BYTES_MAX.
 * entry_count  1 to PMS_GROUP_ENTRIES_MAX.
 * flags        pms_append_flags, for the group as a whole.
 * positions    out: `entry_count` of them; may be null.
 * Visible on return, all in one moment; durable as flags say. Cost: the flushes of its entries, 1 drain (deferred: none).
 * Returns as pms_region_append.
 */
PMS_API int32_t pms_region_append_group(pms_region *region, const pms_part *entries, uint64_t entry_count,
					uint32_t flags, pms_position *positions, pms_error *error);

/*
 * Begins a group whose entries are written in place, one after the other. Like a reservation it takes its space at once:
 * what is appended later does not wait for it, but becomes visible behind it.
 *
 * entries_max  1 to PMS_GROUP_ENTRIES_MAX.
 * bytes_max    sum of the payloads at most. With headers and padding for entries_max entries it must fit into 1 GiB.
 * group        out, not null: published or abandoned, and then released by the caller.
 * Nothing is visible or durable on return. Cost: no flush, no drain. Statuses as pms_region_append.
 */
PMS_API int32_t pms_region_begin_group(pms_region *region, uint64_t entries_max, uint64_t bytes_max, pms_group **group,
				       pms_error *error);

/*
 * Where the payload of the group's next entry goes.
 *
 * data   out, not null: writable memory of the mapping, aligned to 8, as that of a reservation.
 * bytes  out, not null: how much there is. All that is left: later entries need some of it, too.
 * Returns PMS_OK, PMS_E_TOO_SMALL (entries or space used up), PMS_E_ENDED, PMS_E_INVALID_ARGUMENT, PMS_E_FORKED.
 */
PMS_API int32_t pms_group_next(pms_group *group, void **data, uint64_t *bytes, pms_error *error);

/*
 * Makes the first `bytes` of what pms_group_next gave the next entry of the group. Not visible, not durable before the
 * group is published. Statuses as pms_group_next; PMS_E_INVALID_ARGUMENT also when bytes is more than there is.
 */
PMS_API int32_t pms_group_add(pms_group *group, uint64_t bytes, pms_error *error);

/*
 * Ends the group: all entries that were added are appended as one. A group without entries is abandoned.
 *
 * positions  out: as many as entries were added; may be null.
 * Durable and visible on return: as pms_region_append_group. Cost: the same. When something behind the group has been made
 * durable meanwhile, its entries are copied to the end of the region first (their positions are then there), which needs
 * room for them once more, or PMS_E_REGION_FULL: then the group stays open, and can be abandoned, or tried again.
 * Returns PMS_OK, PMS_E_ENDED, PMS_E_REGION_FULL, PMS_E_CLOSED and PMS_E_POISONED (abandoned instead), PMS_E_IO,
 * PMS_E_EXHAUSTED, PMS_E_NO_MEMORY, PMS_E_INVALID_ARGUMENT, PMS_E_FORKED.
 */
PMS_API int32_t pms_group_publish(pms_group *group, pms_position *positions, pms_error *error);

/* Ends the group without entries. Statuses and cost as pms_reservation_abandon. */
PMS_API int32_t pms_group_abandon(pms_group *group, pms_error *error);

/* Abandons the group if it is still open, and gives up the handle. Null does nothing. */
PMS_API void pms_group_release(pms_group *group);

/*
 * Makes entries durable that were appended without it.
 *
 * position  in: persisted up to this entry at least, which lies in this region; null: everything whose append began before
 *           the call.
 * Durable on return: these, and everything before them in the region. Behind an open reservation entries become durable,
 * too, but stay invisible until it ends: it is not waited for.
 * Cost: each line flushed that nobody has flushed, 1 drain; nothing at all when they are durable already.
 * Returns PMS_OK, PMS_E_NO_ENTRY, PMS_E_STALE, PMS_E_CLOSED, PMS_E_READ_ONLY, PMS_E_POISONED, PMS_E_IO, PMS_E_FORKED,
 * PMS_E_INVALID_ARGUMENT.
 */
PMS_API int32_t pms_region_persist(pms_region *region, const pms_position *position, pms_error *error);

/*
 * Makes everything in the stream durable whose append began before the call, and stores a timestamp that says so.
 *
 * timestamp  out, may be null: every entry of any region with a timestamp at or below it is durable and, unless it lies
 *            behind an open reservation, visible; no such entry will turn up later. It stops before the first open
 *            reservation. Never goes back.
 * Cost: as pms_region_persist of each region, with 1 drain for all, and 1 for the timestamp.
 * Returns PMS_OK, PMS_E_CLOSED, PMS_E_READ_ONLY, PMS_E_POISONED, PMS_E_IO, PMS_E_FORKED, PMS_E_INVALID_ARGUMENT.
 */
PMS_API int32_t pms_stream_persist(pms_stream *stream, uint64_t *timestamp, pms_error *error);

/*
 * What the last pms_stream_persist has stored, also in an earlier session; 0: nothing. A lower bound: more may be durable.
 * In a stream that is open for reading only as it was when the stream was opened. Never blocks.
 */
PMS_API uint64_t pms_stream_persisted_timestamp(const pms_stream *stream);

/*
 * Takes space for one entry, to be written in place. Later appends do not wait for it, but become visible after it.
 *
 * bytes        0 to PMS_ENTRY_BYTES_MAX.
 * reservation  out, not null: published or abandoned, and then released by the caller.
 * data         out, not null: `bytes` writable bytes, aligned to 8. They hold old bytes at first. To be written only by
 *              ordinary stores, and only until pms_reservation_publish or _abandon is called.
 * position     out, may be null: where the entry will be.
 * Nothing is visible or durable on return. After a crash an open reservation is as if it had been abandoned.
 * Cost: no flush, no drain. Waits for appends that began earlier in the region. Statuses as pms_region_append.
 */
PMS_API int32_t pms_region_reserve(pms_region *region, uint64_t bytes, pms_reservation **reservation, void **data,
				   pms_position *position, pms_error *error);

/*
 * Makes the first `bytes` of the reserved bytes an entry. Any number of bytes up to the reserved ones; the space of the
 * others is not given back.
 *
 * position  out, may be null.
 * Durable and visible on return: as pms_region_append. Cost: the same, and a second drain when a later append had to
 * make the open reservation durable first.
 * Returns PMS_OK, PMS_E_INVALID_ARGUMENT (bytes beyond the reserved ones: the reservation stays open), PMS_E_ENDED,
 * PMS_E_CLOSED (abandoned instead), PMS_E_POISONED, PMS_E_IO, PMS_E_FORKED.
 */
PMS_API int32_t pms_reservation_publish(pms_reservation *reservation, uint64_t bytes, pms_position *position,
					pms_error *error);

/*
 * Ends the reservation without an entry; readers pass over its space. Waits for nobody. Cost: no flush, no drain.
 * Returns PMS_OK, PMS_E_ENDED, PMS_E_INVALID_ARGUMENT, PMS_E_FORKED.
 */
PMS_API int32_t pms_reservation_abandon(pms_reservation *reservation, pms_error *error);

/* Abandons the reservation if it is still open, and gives up the handle. Null does nothing. */
PMS_API void pms_reservation_release(pms_reservation *reservation);

/*
 * Abandons an open reservation by its position, for one that leaked (see oldest_reservation of pms_region_info). Its
 * owner must not write into it any more; his publish will return PMS_E_ENDED.
 * Returns PMS_OK, PMS_E_NO_ENTRY (no open reservation there, or it is being published), PMS_E_STALE, PMS_E_CLOSED,
 * PMS_E_INVALID_ARGUMENT.
 */
PMS_API int32_t pms_region_abandon(pms_region *region, const pms_position *position, pms_error *error);

/* Offset up to which entries of the region are visible; 0 when stale or closed. Never blocks. */
PMS_API uint64_t pms_region_committed(const pms_region *region);

/* Offset up to which entries of the region are durable; 0 when stale or closed. Never blocks. */
PMS_API uint64_t pms_region_persisted(const pms_region *region);

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/*
 * Opens a cursor. While it is open the region can be neither cleared nor freed by this process; with PMS_READ_PINNED by no
 * process. A process that dies pins nothing. Up to 64 streams that are open for reading can pin, up to 60 regions each.
 *
 * PMS_CURSOR_FROM_TIMESTAMP walks, without hashing payloads, to the first entry that it wants. Where cursors of this stream
 * have come past before, it begins close to it (at most 1,024 places of each region are kept in memory), so that the cost is
 * a small part of the region; else at the first entry. Entries that it does not come past are not looked at: damage in them
 * is not reported.
 *
 * options  in; null: from the first entry, verified.
 * cursor   out, not null; closed by the caller. Used by one thread at a time.
 * Returns PMS_OK, PMS_E_NO_ENTRY (a position that is in another region, between entries, behind what is visible, or of an
 * earlier life), PMS_E_INVALID_ARGUMENT, PMS_E_STALE, PMS_E_CLOSED, PMS_E_CORRUPT, PMS_E_NO_MEMORY; with PMS_READ_PINNED also
 * PMS_E_NOT_SUPPORTED (there is no coordination file that could be written, or no place in it) and PMS_E_BUSY (the writer does
 * not come to an end with clearing it).
 */
PMS_API int32_t pms_cursor_open(pms_region *region, const pms_cursor_options *options, pms_cursor **cursor,
				pms_error *error);

/*
 * Moves to the next visible entry. Entries come in append order; skipped ones are passed over. The cursor verifies some
 * entries ahead of the one that it returns, as long as they are small.
 *
 * entry  out, not null. Its data is read-only memory of the mapping, valid until pms_cursor_close.
 * Returns PMS_OK; PMS_E_END (a later call may find new entries); PMS_E_CORRUPT (the entry at error->position is damaged:
 * the cursor stays before it, and says the same again); PMS_E_STALE (a writer in another process cleared the region);
 * PMS_E_CLOSED; PMS_E_INVALID_ARGUMENT.
 */
PMS_API int32_t pms_cursor_next(pms_cursor *cursor, pms_entry *entry, pms_error *error);

/*
 * Moves over the next visible entries: as many as the cursor has verified by one look ahead. Otherwise as pms_cursor_next,
 * and the two may be mixed. For who wants to spare a call for each entry.
 *
 * With a stream that is open for reading only it is one entry at a time: a writer in another process may clear the region
 * meanwhile, and each entry is looked after when it is returned. What this process does while the entries of one call are
 * used changes none of them: it can neither clear nor free the region. After a close, too, they stay what they are.
 *
 * entries  out, not null: the first of them, in an array of the cursor that is valid until its next use; null on failure.
 * count    out, not null: how many, at least 1; 0 on failure.
 * Returns what pms_cursor_next does. Damage behind entries that are right is reported by the next call.
 */
PMS_API int32_t pms_cursor_next_batch(pms_cursor *cursor, const pms_entry **entries, uint64_t *count, pms_error *error);

/* Ends the cursor. Null does nothing. Memory of its entries may vanish (it will read as zeros, or stay). */
PMS_API void pms_cursor_close(pms_cursor *cursor);

/*
 * Copies the payload of one entry, and verifies the copy.
 *
 * position     in, not null.
 * destination  out: `capacity` bytes; may be null when capacity is 0. Holds unspecified bytes after a failure.
 * bytes        out, not null: size of the payload, also with PMS_E_TOO_SMALL.
 * flags        pms_read_flags.
 * Returns PMS_OK, PMS_E_TOO_SMALL (nothing copied), PMS_E_NO_ENTRY, PMS_E_CORRUPT, PMS_E_STALE, PMS_E_CLOSED,
 * PMS_E_INVALID_ARGUMENT.
 */
PMS_API int32_t pms_region_read(pms_region *region, const pms_position *position, void *destination, uint64_t capacity,
				uint32_t flags, uint64_t *bytes, pms_error *error);

/* ---- waiting ---------------------------------------------------------------------------------------------------- */

/*
 * Makes somebody who can wait for entries of a stream that is open for writing or for reading. Who reads beside a writer in
 * another process sleeps until that has committed an entry; where it cannot tell (native/DESIGN.md, section 7), and while no
 * writer lives, the stream is looked at every 1 to 50 ms. The writer makes no system call when nobody sleeps.
 *
 * waiter  out, not null; released by the caller. pms_waiter_wait is called by one thread at a time, pms_waiter_cancel by any.
 * Returns PMS_OK, PMS_E_CLOSED, PMS_E_FORKED, PMS_E_NO_MEMORY, PMS_E_INVALID_ARGUMENT.
 */
PMS_API int32_t pms_waiter_create(pms_stream *stream, pms_waiter **waiter, pms_error *error);

/*
 * Waits until an entry is visible behind one of the given ones, or never will be. One thread can so wait for many.
 *
 * awaited               in and out: `count` of them; the status of each is set when PMS_OK, PMS_E_TIMEOUT or PMS_E_CANCELLED is
 *                       returned. May be null when count is 0: then only time and cancelling end it.
 * timeout_milliseconds  0: just looks. UINT32_MAX: for ever.
 * Nothing is locked meanwhile: regions can be cleared and freed, and the stream closed, which all end the wait.
 * Returns PMS_OK (the status of one at least is not PMS_E_END), PMS_E_TIMEOUT, PMS_E_CANCELLED, PMS_E_CLOSED (count is 0),
 * PMS_E_FORKED, PMS_E_INVALID_ARGUMENT.
 */
PMS_API int32_t pms_waiter_wait(pms_waiter *waiter, pms_awaited *awaited, uint32_t count, uint32_t timeout_milliseconds,
				pms_error *error);

/*
 * Ends the wait that goes on, or else the next one, with PMS_E_CANCELLED, unless it ends for another reason first. Several
 * calls before that count as one. Never blocks. Null does nothing.
 */
PMS_API void pms_waiter_cancel(pms_waiter *waiter);

/* Frees the waiter, which nobody uses any more; also after the stream was closed. Null does nothing. */
PMS_API void pms_waiter_release(pms_waiter *waiter);

/*
 * Waits for an entry behind one in a single region, without a way to cancel.
 *
 * after                 in; null: any entry.
 * timeout_milliseconds  as pms_waiter_wait.
 * Returns PMS_OK (an entry is visible behind it), PMS_E_TIMEOUT, PMS_E_STALE, PMS_E_NO_ENTRY, PMS_E_CORRUPT, PMS_E_CLOSED,
 * PMS_E_FORKED, PMS_E_NO_MEMORY, PMS_E_INVALID_ARGUMENT.
 */
PMS_API int32_t pms_region_wait(pms_region *region, const pms_position *after, uint32_t timeout_milliseconds,
				pms_error *error);

/* ---- checking --------------------------------------------------------------------------------------------------- */

/*
 * Walks the whole stream, verifies everything and collects every problem. Writes nothing, repairs nothing. May run while
 * others append (it looks at what is committed when it comes by). Reads the whole log.
 *
 * check  out, not null; released by the caller.
 * Returns PMS_OK whatever was found, PMS_E_CLOSED, PMS_E_NO_MEMORY, PMS_E_INVALID_ARGUMENT.
 */
PMS_API int32_t pms_check_run(pms_stream *stream, pms_check **check, pms_error *error);

/* Numbers of the check. summary: out, struct_bytes set by the caller. Returns PMS_OK, PMS_E_INVALID_ARGUMENT. */
PMS_API int32_t pms_check_summarize(const pms_check *check, pms_check_summary *summary);

/* Finding number `index` (from 0), in address order within a region. problem: out. Returns PMS_OK, PMS_E_END,
 * PMS_E_INVALID_ARGUMENT. */
PMS_API int32_t pms_check_problem(const pms_check *check, uint64_t index, pms_problem *problem);

/* Frees the check. Null does nothing. */
PMS_API void pms_check_release(pms_check *check);

/* ---- looking at what is stored ---------------------------------------------------------------------------------- */

/*
 * Begins a listing of everything that is stored, in address order, for people who debug a format. It also lists what
 * cursors pass over or refuse, by the same rules as pms_check_run: damaged structures are listed as such, and the walk
 * goes on behind them. In a stream that is open for reading only it lists valid entries behind the committed end, too.
 * Writes nothing. Others may append meanwhile.
 *
 * stream  in, not null.
 * dump    out, not null; closed by the caller, also after the stream was closed. Used by one thread at a time.
 * Returns PMS_OK, PMS_E_CLOSED, PMS_E_FORKED, PMS_E_NO_MEMORY, PMS_E_INVALID_ARGUMENT.
 */
PMS_API int32_t pms_dump_open(pms_stream *stream, pms_dump **dump, pms_error *error);

/*
 * The next structure. While a dump stands in a region, that can be neither cleared nor freed by this process. A region
 * that is cleared, freed or created meanwhile, here or by another process, may be listed in part, or not at all.
 *
 * stored  out, not null, struct_bytes set by the caller.
 * Cost: reads and hashes each entry; behind damage, it searches the rest of the region.
 * Returns PMS_OK, PMS_E_END, PMS_E_CLOSED, PMS_E_FORKED, PMS_E_INVALID_ARGUMENT.
 */
PMS_API int32_t pms_dump_next(pms_dump *dump, pms_stored *stored, pms_error *error);

/* Ends the listing. Null does nothing. */
PMS_API void pms_dump_close(pms_dump *dump);

#ifdef __cplusplus
}
#endif

#endif
