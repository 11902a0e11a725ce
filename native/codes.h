/* What other kernels use of codes.c and rotation.c. */
#ifndef BROADSHEET_CODES_H
#define BROADSHEET_CODES_H

#include "kernels.h"

#define LINE 64 /* bytes that come from memory at once */

double codes_quantised(const float *query, int64_t d, int16_t *steps);
void codes_planes_of(const int16_t *query, int64_t d, uint64_t *planes, double *spread);
void codes_planes_for(const float *query, int64_t d, uint64_t *planes, double *spread, int16_t *steps);
void codes_inner_rows(const int8_t *codes, const float *scales, const float *query, int64_t d, const int64_t *rows,
                      int64_t n, int64_t first, float *out);
void codes_best_rows(const int8_t *codes, const float *scales, const float *query, int64_t d, const int64_t *rows,
                     int64_t n, int64_t first, int64_t k, int64_t *keys, float *scores);
double codes_longest(const int8_t *codes, const float *scales, int64_t d, const int64_t *keys, int64_t k,
                     int64_t first);
int64_t codes_floor_of(double worst, double longest, double slope, double deviation, int64_t d);
int64_t rotation_turned_query(const float *query, int64_t d, const float *signs, int64_t size, float *out,
                              float *other);

/* The inner product of the query (D,) with a row; exact. */
static inline int32_t inner(const int8_t *row, const int16_t *query, int64_t d) {
    int32_t total = 0;
    for (int64_t j = 0; j < d; j++) {
        const int16_t code = row[j];
        total += code * query[j];
    }
    return total;
}

/* Ask memory for a row. */
static inline void fetched(const int8_t *row, int64_t d) {
    for (int64_t at = 0; at + LINE <= d; at += LINE) prefetch(row + at);
}

#endif
