/* What every kernel file includes.

   Rules of the house: a kernel gets pointers and lengths, allocates nothing, checks nothing and calls nothing but other
   kernels and <math.h>; the Python function beside it (see broadsheet.kit.native) owns the memory and checks shapes.
   Sums of floats are added in a fixed order whatever the processor: a sum that is to run in vector registers is written
   over LANES partial sums, and `-ffp-contract=off` keeps products and sums apart. So every build of these files, for
   any processor and by any compiler, gives the same bits. */
#ifndef BROADSHEET_KERNELS_H
#define BROADSHEET_KERNELS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define API __attribute__((visibility("default")))
#define LANES 16 /* partial sums of a float sum */

static inline int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }

/* Ask memory for what will be read soon. */
static inline void prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

static inline uint64_t popcount(uint64_t word) { return (uint64_t)__builtin_popcountll(word); }

/* The sum of the lanes, always in this order. */
static inline float lanes_sum(const float *lanes) {
    float eight[8], four[4];
    for (int i = 0; i < 8; i++) eight[i] = lanes[i] + lanes[i + 8];
    for (int i = 0; i < 4; i++) four[i] = eight[i] + eight[i + 4];
    return (four[0] + four[2]) + (four[1] + four[3]);
}

#endif
