/* SPDX-License-Identifier: MIT */
/*
 * stat and its relatives for a glibc older than 2.33, where they were inline functions over these: README.md says why.
 *
 * <sys/stat.h> is not included: it would give the functions other names.
 */

struct stat;

int __xstat64(int version, const char *path, struct stat *status);
int __lxstat64(int version, const char *path, struct stat *status);
int __fxstat64(int version, int descriptor, struct stat *status);
int __fxstatat64(int version, int folder, const char *path, struct stat *status, int flags);

/* Of struct stat, as the kernel fills it: there is one only where a long has 64 bits. */
#if defined(__x86_64__)
#define STAT_VERSION 1
#elif defined(__aarch64__)
#define STAT_VERSION 0
#else
#error "Which _STAT_VER had glibc 2.28 on this processor? Or build with -DPMS_GLIBC_FLOOR=."
#endif

#define DEFINE_STAT(suffix) \
	int stat##suffix(const char *path, struct stat *status); \
	int stat##suffix(const char *path, struct stat *status) { return __xstat64(STAT_VERSION, path, status); } \
	int lstat##suffix(const char *path, struct stat *status); \
	int lstat##suffix(const char *path, struct stat *status) { return __lxstat64(STAT_VERSION, path, status); } \
	int fstat##suffix(int descriptor, struct stat *status); \
	int fstat##suffix(int descriptor, struct stat *status) \
	{ \
		return __fxstat64(STAT_VERSION, descriptor, status); \
	} \
	int fstatat##suffix(int folder, const char *path, struct stat *status, int flags); \
	int fstatat##suffix(int folder, const char *path, struct stat *status, int flags) \
	{ \
		return __fxstatat64(STAT_VERSION, folder, path, status, flags); \
	}

DEFINE_STAT()
DEFINE_STAT(64)
