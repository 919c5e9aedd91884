/* Nothing at all. */
#ifndef NOTHING_H
#define NOTHING_H

typedef int nothing;
extern int nothing_here;

#endif
