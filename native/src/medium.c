/* SPDX-License-Identifier: MIT */
/* Maps a stream and decides how bytes reach what it lies on: the policy, the functions for it, and the text. */
#include "medium.h"

#include <stdio.h>

#include "error.h"
#include "medium_internal.h"

static const char *kind_text(pms_medium_kind kind)
{
	switch (kind) {
	case PMS_MEDIUM_PERSISTENT_MEMORY:
		return "persistent memory";
	case PMS_MEDIUM_PAGE_CACHE:
		return "page cache";
	case PMS_MEDIUM_VOLATILE:
		return "volatile memory";
	}
	return "unknown medium";
}

static const char *policy_text(uint32_t policy)
{
	switch (policy) {
	case PMS_FLUSH_NON_TEMPORAL:
		return "non-temporal";
	case PMS_FLUSH_CACHE_LINES:
		return "cache lines";
	case PMS_FLUSH_FENCE_ONLY:
		return "fence only";
	case PMS_FLUSH_SYNC:
		return "sync";
	default:
		return "automatic";
	}
}

static int32_t check_requirement(const pms_mapping *mapping, uint32_t requirement, pms_error *error)
{
	const char *wanted;

	if (requirement == PMS_REQUIRE_PERSISTENT_MEMORY && mapping->kind != PMS_MEDIUM_PERSISTENT_MEMORY)
		wanted = "persistent memory";
	else if (requirement == PMS_REQUIRE_DURABLE && mapping->kind == PMS_MEDIUM_VOLATILE)
		wanted = "a medium that survives power loss";
	else
		return PMS_OK;
	return pms_fail(error, PMS_E_MEDIUM, "the stream is required to lie on %s, but is %s (%s)", wanted,
			kind_text(mapping->kind), mapping->what);
}

/*
 * Why a policy that was asked for cannot be had here; null: it can. Where nothing durable is claimed (volatile memory,
 * or persistent memory by force), any policy that the processor knows may be tried.
 */
static const char *refuse_policy(const pms_mapping *mapping, const pms_lines *lines, bool auto_flush, uint32_t policy)
{
	bool claims = mapping->kind == PMS_MEDIUM_PERSISTENT_MEMORY && !mapping->forced;

	if (mapping->kind == PMS_MEDIUM_PAGE_CACHE)
		return policy == PMS_FLUSH_SYNC ? NULL : "only a sync makes it durable";
	if (policy == PMS_FLUSH_SYNC)
		return "it is the policy of the page cache";
	if (policy == PMS_FLUSH_NON_TEMPORAL && !lines->has_non_temporal)
		return "this processor has no such stores";
	if (policy == PMS_FLUSH_NON_TEMPORAL && claims && !auto_flush && !lines->non_temporal_is_durable)
		return "on this processor such stores may stay in the cache";
	if (policy == PMS_FLUSH_FENCE_ONLY && claims && !auto_flush)
		return "this platform does not flush its caches on power loss";
	return NULL;
}

static pms_flush_policy best_policy(const pms_mapping *mapping, const pms_lines *lines, bool auto_flush)
{
	if (mapping->kind == PMS_MEDIUM_PAGE_CACHE)
		return PMS_FLUSH_SYNC;
	if (auto_flush)
		return PMS_FLUSH_FENCE_ONLY;
	return lines->has_non_temporal && lines->non_temporal_is_durable ? PMS_FLUSH_NON_TEMPORAL
									 : PMS_FLUSH_CACHE_LINES;
}

static void set_functions(pms_medium *medium, const pms_lines *lines)
{
	medium->flush_lines = lines->flush;
	medium->copy_flush_memory = lines->copy_cache_lines;
	if (medium->policy == PMS_FLUSH_NON_TEMPORAL)
		medium->copy_flush_memory = lines->copy_non_temporal;
	if (medium->policy == PMS_FLUSH_FENCE_ONLY) {
		medium->flush_lines = lines->flush_nothing;
		medium->copy_flush_memory = lines->copy_only;
	}
}

/* by_system: the calls of the system that make it durable; null: none does. */
static void set_text(pms_medium *medium, const pms_mapping *mapping, const pms_lines *lines, const char *by_system)
{
	char how[80];
	const char *verb = "durable";
	const char *remark = "";

	switch (medium->policy) {
	case PMS_FLUSH_NON_TEMPORAL:
		(void)snprintf(how, sizeof(how), "non-temporal stores and %s", lines->fence_name);
		break;
	case PMS_FLUSH_FENCE_ONLY:
		(void)snprintf(how, sizeof(how), "%s alone, caches are flushed on power loss", lines->fence_name);
		break;
	case PMS_FLUSH_SYNC:
		(void)snprintf(how, sizeof(how), "%s, as far as the device keeps its promises", pms_sync_name);
		break;
	default:
		if (by_system)
			(void)snprintf(how, sizeof(how), "%s", by_system);
		else
			(void)snprintf(how, sizeof(how), "%s and %s", lines->flush_name, lines->fence_name);
		break;
	}
	if (mapping->kind == PMS_MEDIUM_VOLATILE) {
		verb = "does not survive power loss; flushed";
		if (medium->policy == PMS_FLUSH_FENCE_ONLY)
			(void)snprintf(how, sizeof(how), "%s alone", lines->fence_name);
	}
	if (mapping->forced)
		remark = " (forced by PMEM_IS_PMEM_FORCE: not verified)";
	(void)snprintf(medium->text, sizeof(medium->text), "%s (%s): %s by %s%s", kind_text(medium->kind),
		       mapping->what, verb, how, remark);
}

int32_t pms_mapping_check_length(const char *path, const pms_file *file, uint64_t bytes, pms_error *error)
{
	uint64_t file_bytes;
	int32_t status = pms_file_size(file, &file_bytes, error);

	if (status != PMS_OK)
		return status;
	/* A store behind the end of the file would end the process. */
	if (bytes == 0 || file_bytes < bytes)
		return pms_fail_at(error, bytes == 0 ? PMS_E_INVALID_ARGUMENT : PMS_E_TRUNCATED, 0, bytes, file_bytes,
				   "'%s' has %llu bytes, %llu are to be mapped", path, (unsigned long long)file_bytes,
				   (unsigned long long)bytes);
	return PMS_OK;
}

int32_t pms_medium_map(const char *path, const pms_file *file, uint64_t bytes, uint32_t requirement, uint32_t policy,
		       pms_medium *medium, pms_error *error)
{
	pms_mapping mapping;
	pms_lines lines;
	const char *refused;
	const char *by_system;
	bool auto_flush;
	int32_t status;

	memset(medium, 0, sizeof(*medium));
	if (requirement > PMS_REQUIRE_PERSISTENT_MEMORY || policy > PMS_FLUSH_SYNC)
		return pms_fail(error, PMS_E_INVALID_ARGUMENT, "%s: %u is none of the known values",
				policy > PMS_FLUSH_SYNC ? "flush_policy" : "medium_requirement",
				policy > PMS_FLUSH_SYNC ? policy : requirement);
	status = pms_mapping_open(path, file, bytes, &mapping, error);
	if (status != PMS_OK)
		return status;
	status = check_requirement(&mapping, requirement, error);
	if (status != PMS_OK)
		goto discard;
	pms_lines_detect(&lines);
	auto_flush = mapping.kind != PMS_MEDIUM_PAGE_CACHE && pms_mapping_has_auto_flush();
	refused = policy == PMS_FLUSH_AUTO ? NULL : refuse_policy(&mapping, &lines, auto_flush, policy);
	if (refused) {
		status = pms_fail(error, PMS_E_MEDIUM, "the flush policy '%s' does not fit %s (%s): %s",
				  policy_text(policy), kind_text(mapping.kind), mapping.what, refused);
		goto discard;
	}
	medium->base = mapping.base;
	medium->bytes = bytes;
	medium->mapped_bytes = mapping.mapped_bytes;
	medium->room_bytes = mapping.room_bytes > mapping.mapped_bytes ? mapping.room_bytes : mapping.mapped_bytes;
	medium->alignment = mapping.alignment;
	medium->synchronous = mapping.synchronous;
	medium->kind = mapping.kind;
	medium->writable = file->writable;
	medium->policy =
	    policy == PMS_FLUSH_AUTO ? best_policy(&mapping, &lines, auto_flush) : (pms_flush_policy)policy;
	set_functions(medium, &lines);
	/* The system flushes cache lines, by what it knows of the platform. */
	by_system = policy == PMS_FLUSH_AUTO ? pms_system_flush_attach(medium) : NULL;
	if (by_system)
		medium->policy = PMS_FLUSH_CACHE_LINES;
	set_text(medium, &mapping, &lines, by_system);
	if (medium->kind == PMS_MEDIUM_PAGE_CACHE) {
		status = pms_page_cache_attach(medium, file, error);
		if (status != PMS_OK)
			goto discard;
	}
	return PMS_OK;

discard:
	pms_mapping_discard(&mapping);
	memset(medium, 0, sizeof(*medium));
	return status;
}

int32_t pms_medium_has_room(const pms_medium *medium, uint64_t bytes, pms_error *error)
{
	/* The room is a multiple of the alignment: what fits into it does so rounded up, too. */
	if (bytes <= medium->room_bytes)
		return PMS_OK;
	return pms_fail_at(
	    error, PMS_E_NO_MEMORY, 0, bytes, medium->room_bytes,
	    "%llu bytes are to be mapped, but there are addresses for %llu behind what is mapped: so far "
	    "it can grow while it is open; close it and open it again to go on from there",
	    (unsigned long long)bytes, (unsigned long long)medium->room_bytes);
}

int32_t pms_medium_extend(pms_medium *medium, const pms_file *file, uint64_t bytes, pms_error *error)
{
	int32_t status = bytes > medium->bytes ? pms_medium_has_room(medium, bytes, error) : PMS_OK;

	if (status != PMS_OK || bytes <= medium->bytes)
		return status;
	uint64_t to = (bytes + medium->alignment - 1) & ~(medium->alignment - 1);
	if (to > medium->mapped_bytes) {
		status = pms_mapping_extend(file, medium->base, medium->mapped_bytes, to, medium->synchronous,
					    &medium->room_bytes, error);
		if (status != PMS_OK)
			return status;
		pms_system_flush_extend(medium, to);
		medium->mapped_bytes = to;
	}
	medium->bytes = bytes;
	return PMS_OK;
}

uint64_t pms_medium_sync_count(const pms_medium *medium)
{
	return medium->kind == PMS_MEDIUM_PAGE_CACHE ? pms_page_cache_sync_count(medium) : 0;
}

int32_t pms_medium_sync_file(pms_medium *medium, const pms_file *file, pms_error *error)
{
	if (medium->kind == PMS_MEDIUM_PAGE_CACHE)
		return pms_page_cache_sync_file(medium, file, error);
	return pms_file_sync(file, error);
}

void pms_medium_unmap(pms_medium *medium)
{
	if (medium->table) {
		medium->table->unmap(medium);
		return;
	}
	if (medium->mapped_bytes == 0)
		return;
	/* `base` stays: whoever still looks through it reads zeros. */
	pms_mapping_retire(medium->base, medium->mapped_bytes);
	pms_room_release(medium->base + medium->mapped_bytes, medium->room_bytes - medium->mapped_bytes);
	medium->mapped_bytes = 0;
}
