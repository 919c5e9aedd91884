/* SPDX-License-Identifier: MIT
 *
 * The libndctl and libdaxctl functions that libpmem.a calls, forwarded to the real libraries where
 * they are installed.
 *
 * libpmem is linked into our library statically, so that a user installs nothing. Its code for
 * device-DAX nodes (size, alignment, region and NUMA node) calls 22 functions of libndctl and libdaxctl.
 * Linking those libraries would make every user install them, for a kind of medium that few have. So
 * these functions are defined here, hidden from everybody else, and the real ones are looked for with
 * dlopen when the first of them is called:
 *
 *  - found: the call is passed on, with its argument and result untouched.
 *  - not found: ndctl_new, with which every use begins, fails with ENOSYS; so device-DAX reports an
 *    error, and nothing else notices. The others answer "none", and are never reached.
 *
 * It is all or nothing: a library that lacks one of the functions counts as not installed.
 *
 * Where the facts come from: the list is what "nm -u libpmem.a" shows (PMDK 1.12.1). The prototypes are
 * those of <ndctl/libndctl.h> and <daxctl/libdaxctl.h>, version 76.1 (sonames libndctl.so.6 and
 * libdaxctl.so.1): every type is opaque, and each function takes one pointer. A function that another
 * libpmem adds to the list shows as an undefined symbol when our library is linked (-z defs).
 */

#include "ndctl_forward.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

struct daxctl_dev;
struct daxctl_region;
struct ndctl_btt;
struct ndctl_bus;
struct ndctl_ctx;
struct ndctl_dax;
struct ndctl_namespace;
struct ndctl_pfn;
struct ndctl_region;

/* clang-format off */
/* X(result, name, parameter, answer where the library is not installed) */
#define NDCTL_FUNCTIONS(X) \
	X(int, ndctl_new, struct ndctl_ctx **, not_available()) \
	X(struct ndctl_ctx *, ndctl_unref, struct ndctl_ctx *, NULL) \
	X(struct ndctl_bus *, ndctl_bus_get_first, struct ndctl_ctx *, NULL) \
	X(struct ndctl_bus *, ndctl_bus_get_next, struct ndctl_bus *, NULL) \
	X(struct ndctl_region *, ndctl_region_get_first, struct ndctl_bus *, NULL) \
	X(struct ndctl_region *, ndctl_region_get_next, struct ndctl_region *, NULL) \
	X(unsigned int, ndctl_region_get_id, struct ndctl_region *, UINT_MAX) \
	X(int, ndctl_region_get_numa_node, struct ndctl_region *, -1) \
	X(struct ndctl_namespace *, ndctl_namespace_get_first, struct ndctl_region *, NULL) \
	X(struct ndctl_namespace *, ndctl_namespace_get_next, struct ndctl_namespace *, NULL) \
	X(struct ndctl_btt *, ndctl_namespace_get_btt, struct ndctl_namespace *, NULL) \
	X(struct ndctl_pfn *, ndctl_namespace_get_pfn, struct ndctl_namespace *, NULL) \
	X(struct ndctl_dax *, ndctl_namespace_get_dax, struct ndctl_namespace *, NULL) \
	X(const char *, ndctl_namespace_get_block_device, struct ndctl_namespace *, NULL) \
	X(const char *, ndctl_btt_get_block_device, struct ndctl_btt *, NULL) \
	X(const char *, ndctl_pfn_get_block_device, struct ndctl_pfn *, NULL) \
	X(unsigned long long, ndctl_dax_get_size, struct ndctl_dax *, 0) \
	X(unsigned long, ndctl_dax_get_align, struct ndctl_dax *, 0) \
	X(struct daxctl_region *, ndctl_dax_get_daxctl_region, struct ndctl_dax *, NULL)

#define DAXCTL_FUNCTIONS(X) \
	X(struct daxctl_dev *, daxctl_dev_get_first, struct daxctl_region *, NULL) \
	X(struct daxctl_dev *, daxctl_dev_get_next, struct daxctl_dev *, NULL) \
	X(const char *, daxctl_dev_get_devname, struct daxctl_dev *, NULL)

/* clang-format on */

/* The real functions. Written once, by load; read only after it (pthread_once orders the two). */
static struct {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): `parameter` is a type */
#define FIELD(result, name, parameter, missing) result (*name)(parameter);
	NDCTL_FUNCTIONS(FIELD)
	DAXCTL_FUNCTIONS(FIELD)
#undef FIELD
} real;

static int available;
static pthread_once_t load_once = PTHREAD_ONCE_INIT;

/* Stores the address of a function in the pointer at *pointer; ISO C has no cast for it. */
static int find(void *library, const char *name, void *pointer)
{
	void *address = dlsym(library, name);

	memcpy(pointer, &address, sizeof(address));
	return address != NULL;
}

static void load(void)
{
	int saved_errno = errno;
	/* Never closed: what they return is used for as long as the process lives. */
	void *ndctl = dlopen("libndctl.so.6", RTLD_NOW | RTLD_LOCAL);
	void *daxctl = dlopen("libdaxctl.so.1", RTLD_NOW | RTLD_LOCAL);

	if (ndctl != NULL && daxctl != NULL) {
		int found = 1;

#define FIND(result, name, parameter, missing) found &= find(ndctl, #name, &real.name);
		NDCTL_FUNCTIONS(FIND)
#undef FIND
#define FIND(result, name, parameter, missing) found &= find(daxctl, #name, &real.name);
		DAXCTL_FUNCTIONS(FIND)
#undef FIND
		available = found;
	}
	errno = saved_errno;
}

int pms_ndctl_available(void)
{
	(void)pthread_once(&load_once, load);
	return available;
}

static int not_available(void)
{
	errno = ENOSYS;
	return -ENOSYS;
}

#define FORWARD(result, name, parameter, missing) \
	result name(parameter argument); \
	result name(parameter argument) \
	{ \
		if (!pms_ndctl_available()) \
			return missing; \
		return real.name(argument); \
	}

NDCTL_FUNCTIONS(FORWARD)
DAXCTL_FUNCTIONS(FORWARD)
