/* Choosing the best rows by keys, and reading keys; see keys.h. */
#include "keys.h"

/* The keys, ascending, of the k of n rows with the greatest scores; EMPTY first where there are fewer.

   Unlike `put` it does not look for the place of a key: every place takes, of its key, the one above it and the new
   one, that in the middle, which is a loop without a branch. */
API void keys_best_of(const float *scores, const int64_t *rows, int64_t n, int64_t k, int64_t *keys) {
    for (int64_t j = 0; j < k; j++) keys[j] = EMPTY;
    if (k <= 0) return;
    for (int64_t i = 0; i < n; i++) {
        const int64_t key = key_of(scores[i], rows[i]);
        if (key <= keys[0]) continue;
        for (int64_t j = 0; j < k - 1; j++) keys[j] = min64(keys[j + 1], max64(keys[j], key));
        keys[k - 1] = max64(keys[k - 1], key);
    }
}

/* The rows and scores of k ascending keys, best first; how many are not EMPTY. */
API int64_t keys_opened(const int64_t *keys, int64_t k, int64_t *rows, float *scores) {
    int64_t size = 0;
    for (; size < k && keys[k - 1 - size] != EMPTY; size++) {
        rows[size] = row_of(keys[k - 1 - size]);
        scores[size] = score_of(keys[k - 1 - size]);
    }
    return size;
}
