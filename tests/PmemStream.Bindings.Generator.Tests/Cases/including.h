/* A header that builds on another one. */
#ifndef INCLUDING_H
#define INCLUDING_H

#include "included.h"

#define INCLUDING_MACRO (INCLUDED_MACRO + 1)

struct including {
	included one;
	struct included two[2];
	included_unnamed *three;
	enum included_kind kind;
	included_position at;
};

int including_function(const included *a, included_callback b, included_position c, enum included_kind d);

#endif
