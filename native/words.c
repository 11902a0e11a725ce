/* The stretch of a text that a snippet shows. */
#include "kernels.h"

/* The position in `at` (n ascending places of hits) from which `size` tokens hold most different words; `hits` are the
   words there, `inside` is one a word, filled with 0. */
API int64_t words_window(const int64_t *at, const int64_t *hits, int64_t n, int64_t size, int64_t *inside) {
    int64_t best = 0, best_count = 0, count = 0, stop = 0;
    for (int64_t first = 0; first < n; first++) {
        for (; stop < n && at[stop] < at[first] + size; stop++) count += inside[hits[stop]]++ == 0;
        if (count > best_count) {
            best = first;
            best_count = count;
        }
        count -= --inside[hits[first]] == 0;
    }
    return best;
}
