/* SPDX-License-Identifier: MIT */
/* The line of text of each stored structure. Whatever is stored, it stays one line of ASCII. */
#include "dump.h"

#include <stdarg.h>
#include <stdio.h>

void pms_dump_say(pms_stored *stored, const char *format, ...)
{
	size_t used = strlen(stored->text);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(stored->text + used, sizeof(stored->text) - used, format, arguments);
	va_end(arguments);
}

static void say_uuid(pms_stored *stored, const uint8_t uuid[16])
{
	for (int i = 0; i < 16; i++)
		pms_dump_say(stored, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
}

void pms_dump_say_name(pms_stored *stored, const char *name, uint64_t bytes)
{
	pms_dump_say(stored, "'");
	for (uint64_t i = 0; i < bytes; i++) {
		uint8_t byte = (uint8_t)name[i];
		bool plain = byte >= 0x20 && byte < 0x7f && byte != '\\' && byte != '\'';
		pms_dump_say(stored, plain ? "%c" : "\\x%02x", byte);
	}
	pms_dump_say(stored, "'");
}

void pms_dump_say_stream_header(pms_stored *stored, const pms_stored_header *header)
{
	pms_dump_say(stored, "magic 0x%016llx, version %u, header %u bytes, features 0x%llx / 0x%llx / 0x%llx, uuid ",
		     (unsigned long long)header->magic, header->version, header->header_bytes,
		     (unsigned long long)header->compatible_features, (unsigned long long)header->incompatible_features,
		     (unsigned long long)header->read_only_features);
	say_uuid(stored, header->uuid);
	pms_dump_say(stored,
		     ", block %u bytes, created with %llu bytes at %llu s, first piece at %llu, checksum 0x%016llx",
		     header->block_bytes, (unsigned long long)header->created_bytes,
		     (unsigned long long)header->created_unix_seconds, (unsigned long long)header->first_region,
		     (unsigned long long)header->checksum);
}

void pms_dump_say_region_header(pms_stored *stored, const pms_stored_region *region)
{
	uint64_t name_bytes = region->name_bytes < sizeof(region->name) ? region->name_bytes : sizeof(region->name);

	pms_dump_say(stored, "magic 0x%016llx, offset %llu, uuid ", (unsigned long long)region->magic,
		     (unsigned long long)region->offset);
	say_uuid(stored, region->uuid);
	pms_dump_say(stored, ", identity %llu, alignment %u, checksum 0x%016llx, name of %u bytes ",
		     (unsigned long long)region->identity, region->entry_alignment,
		     (unsigned long long)region->checksum, region->name_bytes);
	pms_dump_say_name(stored, region->name, name_bytes);
}

void pms_dump_say_word(pms_stored *stored, uint32_t block_bytes)
{
	unsigned long long value = stored->value;

	if (!stored->whole) {
		pms_dump_say(stored, "word 0x%016llx: its seal does not match", value);
		return;
	}
	switch ((pms_stored_kind)stored->kind) {
	case PMS_STORED_EXTENT: {
		uint64_t state = value >> 54, blocks = value & PMS_EXTENT_BLOCKS_MAX;
		const char *name = state == PMS_EXTENT_FREE	? "free"
				   : state == PMS_EXTENT_REGION ? "region"
								: "no state";
		pms_dump_say(stored, "state %llu (%s), %llu blocks of %u bytes", (unsigned long long)state, name,
			     (unsigned long long)blocks, block_bytes);
		break;
	}
	case PMS_STORED_CHECKPOINT:
		pms_dump_say(stored, value ? "the entry at offset %llu" : "%llu: none", value);
		break;
	case PMS_STORED_CEILING:
		pms_dump_say(stored, "timestamps are below %llu", value);
		break;
	case PMS_STORED_BASE:
		pms_dump_say(stored, "entries are later than timestamp %llu", value);
		break;
	case PMS_STORED_PERSISTED_TIMESTAMP:
		pms_dump_say(stored, value ? "up to timestamp %llu everything is durable" : "%llu: claims nothing",
			     value);
		break;
	case PMS_STORED_STREAM_SIZE:
		pms_dump_say(stored, "%llu bytes", value);
		break;
	default:
		pms_dump_say(stored, "%llu", value);
	}
}

void pms_dump_say_raw_entry(pms_stored *stored, const pms_medium *medium, uint64_t offset, uint64_t end)
{
	if (end - offset < PMS_ENTRY_HEADER_BYTES)
		return;
	pms_dump_say(stored, "; it begins with the words 0x%016llx, 0x%016llx, 0x%016llx",
		     (unsigned long long)pms_load64(medium, offset + offsetof(pms_stored_entry, size_word)),
		     (unsigned long long)pms_load64(medium, offset + offsetof(pms_stored_entry, timestamp)),
		     (unsigned long long)pms_load64(medium, offset + offsetof(pms_stored_entry, checksum)));
}
