/* SPDX-License-Identifier: MIT
 *
 * Whether libndctl and libdaxctl, which libpmem needs for device-DAX alone, are installed here.
 */

#ifndef PMS_NDCTL_FORWARD_H
#define PMS_NDCTL_FORWARD_H

/*
 * 1 if libndctl.so.6 and libdaxctl.so.1 were found with every function that libpmem uses, else 0. The
 * first call loads them; later ones only read the answer. Any thread. Leaves errno alone.
 *
 * Where it says 0, a device-DAX node cannot be mapped (libpmem fails with ENOSYS): tell the user to
 * install the Debian package libndctl6. Files on DAX and on ordinary file systems are not affected.
 */
int pms_ndctl_available(void);

#endif
