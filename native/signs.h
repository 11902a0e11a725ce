/* What other kernels use of signs.c. */
#ifndef BROADSHEET_SIGNS_H
#define BROADSHEET_SIGNS_H

#include "kernels.h"

#define QUERY_BITS 4 /* also in kit/signs.py */
#define QUERY_LEVELS 15

#define TILE 256 /* words; a tile and the four planes repeated over it stay in the first-level cache */

/* The four planes of a query, repeated over a tile. */
typedef struct {
    const uint64_t *planes; /* (4, width) */
    int64_t width;
    _Alignas(64) uint64_t repeated[QUERY_BITS][TILE];
} spread_planes;

void signs_spread(spread_planes *query, const uint64_t *planes, int64_t width);
void signs_estimate_run(const uint64_t *bits, int64_t n, const spread_planes *query, int32_t *out);
int64_t signs_few(const uint64_t *words, int64_t n, int64_t most, int64_t *rows);
int64_t signs_above(const int32_t *estimates, int64_t n, int64_t floor, int64_t *rows);
int64_t signs_threshold(const int32_t *estimates, int64_t n, int64_t k, int64_t ceiling, int64_t *counts,
                        int64_t *total);

/* What an estimate lacks of its greatest, for one row: bit b of the query's values differs from the signs in
   popcount(row ^ plane b) places, each costing 2^b. */
static inline uint64_t differing(const uint64_t *row, const uint64_t *planes, int64_t width) {
    uint64_t cost = 0;
    for (int64_t w = 0; w < width; w++) {
        const uint64_t word = row[w];
        const uint64_t low = popcount(word ^ planes[w]) + (popcount(word ^ planes[width + w]) << 1);
        const uint64_t high = popcount(word ^ planes[2 * width + w]) + (popcount(word ^ planes[3 * width + w]) << 1);
        cost += low + (high << 2);
    }
    return cost;
}

/* 1 if bit i of the mask is set, else 0. */
static inline int64_t bit_of(const uint64_t *words, int64_t i) { return (int64_t)(words[i >> 6] >> (i & 63) & 1); }

#endif
