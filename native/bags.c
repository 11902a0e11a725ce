/* Texts as bags: the weights of equal terms of a text summed. */
#include "kernels.h"

/* Sum the weights of equal slots within each of n rows; slots in `skip` are left out. `place` is one a slot, filled
   with -1. Returns the number of sums. */
API int64_t bags_count(const int32_t *slots, const float *weights, const int64_t *bounds, int64_t n, const uint8_t *skip,
                       int64_t *place, int64_t *indptr, int32_t *columns, float *counts) {
    int64_t total = 0;
    for (int64_t i = 0; i < n; i++) {
        const int64_t start = total;
        for (int64_t t = bounds[i]; t < bounds[i + 1]; t++) {
            const int32_t slot = slots[t];
            if (skip[slot]) continue;
            const int64_t at = place[slot];
            if (at < start) {
                place[slot] = total;
                columns[total] = slot;
                counts[total++] = weights[t];
            } else {
                counts[at] += weights[t];
            }
        }
        indptr[i + 1] = total;
    }
    return total;
}
