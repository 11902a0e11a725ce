/* An inverted index: putting postings in order, and adding up the scores of a query. */
#include "kernels.h"

/* Counting sort: `order` (n rows of keys) rearranged into `result` so that keys[result] ascends, equal keys in their
   given order. `starts` is one for each of `size` keys and one more, filled with 0. */
API void inverted_stable_order(const int64_t *keys, const int64_t *order, int64_t n, int64_t *starts, int64_t size,
                               int64_t *result) {
    for (int64_t i = 0; i < n; i++) starts[keys[i] + 1]++;
    for (int64_t i = 0; i < size; i++) starts[i + 1] += starts[i];
    for (int64_t i = 0; i < n; i++) result[starts[keys[order[i]]]++] = order[i];
}

/* scores[row] += weight * impact for every posting of a query's m terms, at most `budget` postings a term. A damaged
   file must not lead outside the arrays: there are nnz postings and n scores. */
API void inverted_accumulate(const int64_t *positions, const float *weights, int64_t m, const int64_t *indptr,
                             const uint32_t *rows, const uint8_t *impacts, int64_t nnz, int64_t budget, float *scores,
                             int64_t n) {
    for (int64_t t = 0; t < m; t++) {
        const int64_t p = positions[t];
        if (p < 0) continue;
        const float weight = weights[t];
        const int64_t first = max64(indptr[p], 0), last = min64(min64(indptr[p + 1], nnz), first + budget);
        for (int64_t i = first; i < last; i++)
            if (rows[i] < n) scores[rows[i]] += weight * (float)impacts[i];
    }
}
