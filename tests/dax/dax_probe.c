/* SPDX-License-Identifier: MIT */
/*
 * dax_probe PATH   Prints what PATH, a folder or a device, is: what the kernel says, what libpmem says, and what the core
 * says, one "name=value" a line. On a device it overwrites what is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <libpmem.h>
#include <linux/mman.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pmemstream_core.h>

#define PROBE_BYTES ((size_t)4 << 20)

static _Noreturn void die(const char *what, const char *why)
{
	printf("dax_probe: %s: %s\n", what, why);
	exit(1);
}

static void ask_kernel(const char *path)
{
	int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *address;

	if (descriptor < 0 || ftruncate(descriptor, PROBE_BYTES) != 0)
		die(path, strerror(errno));
	address = mmap(NULL, PROBE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | MAP_SYNC, descriptor, 0);
	printf("kernel.map_sync=%s\n", address == MAP_FAILED ? strerror(errno) : "granted");
	if (address != MAP_FAILED)
		(void)munmap(address, PROBE_BYTES);
	(void)close(descriptor);
}

static void ask_libpmem(const char *path, bool is_device)
{
	size_t mapped = 0;
	int is_pmem = 0;
	void *address =
	    pmem_map_file(path, is_device ? 0 : PROBE_BYTES, is_device ? 0 : PMEM_FILE_CREATE, 0600, &mapped, &is_pmem);

	if (!address)
		die(path, pmem_errormsg());
	printf("libpmem.is_pmem=%d\n", is_pmem);
	printf("libpmem.auto_flush=%d\n", pmem_has_auto_flush());
	(void)pmem_unmap(address, mapped);
}

static const char *kind_text(uint32_t kind)
{
	switch (kind) {
	case PMS_MEDIUM_PERSISTENT_MEMORY:
		return "persistent-memory";
	case PMS_MEDIUM_PAGE_CACHE:
		return "page-cache";
	case PMS_MEDIUM_VOLATILE:
		return "volatile";
	default:
		return "unknown";
	}
}

static const char *policy_text(uint32_t policy)
{
	switch (policy) {
	case PMS_FLUSH_NON_TEMPORAL:
		return "non-temporal";
	case PMS_FLUSH_CACHE_LINES:
		return "cache-lines";
	case PMS_FLUSH_FENCE_ONLY:
		return "fence-only";
	case PMS_FLUSH_SYNC:
		return "sync";
	default:
		return "unknown";
	}
}

static void print_info(const char *who, pms_stream *stream)
{
	pms_stream_info info = {.struct_bytes = sizeof(info)};
	pms_error error;

	if (pms_stream_describe(stream, &info, &error) != PMS_OK)
		die("describe", error.message);
	printf("%s.medium=%s\n%s.policy=%s\n%s.text=%s\n", who, kind_text(info.medium_kind), who,
	       policy_text(info.flush_policy), who, info.medium_text);
}

static void ask_core(const char *path, bool is_device)
{
	const pms_create_options create = {
	    .struct_bytes = sizeof(create), .flags = PMS_CREATE_OVERWRITE, .stream_bytes = is_device ? 0 : PROBE_BYTES};
	const pms_create_options demanding = {.struct_bytes = sizeof(demanding),
					      .flags = PMS_CREATE_OVERWRITE,
					      .stream_bytes = is_device ? 0 : PROBE_BYTES,
					      .medium_requirement = PMS_REQUIRE_PERSISTENT_MEMORY};
	const pms_open_options reading = {.struct_bytes = sizeof(reading), .flags = PMS_OPEN_READ_ONLY};
	pms_stream *stream;
	pms_error error;
	int32_t status = pms_stream_create(path, &demanding, &stream, &error);

	printf("core.as_persistent_memory=%s\n", status == PMS_OK ? "accepted" : error.message);
	pms_stream_release(stream);
	if (pms_stream_create(path, &create, &stream, &error) != PMS_OK)
		die(path, error.message);
	print_info("core", stream);
	pms_stream_release(stream);
	/* A reader asks the kernel, not libpmem. */
	if (pms_stream_open(path, &reading, &stream, &error) != PMS_OK)
		die(path, error.message);
	print_info("reader", stream);
	pms_stream_release(stream);
}

int main(int count, char **arguments)
{
	struct stat status;
	char path[1024];
	bool is_device;

	if (count != 2 || stat(arguments[1], &status) != 0)
		die("expected", "the path of a folder or a device");
	is_device = S_ISCHR(status.st_mode);
	(void)snprintf(path, sizeof(path), is_device ? "%s" : "%s/probe", arguments[1]);
	if (!is_device)
		ask_kernel(path);
	ask_libpmem(path, is_device);
	ask_core(path, is_device);
	if (!is_device)
		(void)unlink(path);
	return 0;
}
