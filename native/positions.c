/* The words of documents in order: cell c has terms[bounds[c]] .. terms[bounds[c + 1] - 1]; `fields` cells a document.
   A damaged file must not lead outside the terms, of which there are `total`. */
#include "kernels.h"

/* Whether a phrase of m words stands in the terms first .. last - 1. */
static int holds(const uint32_t *terms, int64_t first, int64_t last, const uint32_t *phrase, int64_t m) {
    for (int64_t start = first; start + m <= last; start++) {
        int64_t j = 0;
        while (j < m && terms[start + j] == phrase[j]) j++;
        if (j == m) return 1;
    }
    return 0;
}

/* found[i]: the phrase of m words stands in one of the `columns` (fields, `width` of them) of candidates[i]. */
API void positions_matches(const int64_t *candidates, int64_t n, const uint32_t *phrase, int64_t m,
                           const int64_t *columns, int64_t width, int64_t fields, const uint32_t *terms, int64_t total,
                           const int64_t *bounds, uint8_t *found) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t f = 0; f < width && !found[i]; f++) {
            const int64_t cell = candidates[i] * fields + columns[f];
            found[i] = holds(terms, max64(bounds[cell], 0), min64(bounds[cell + 1], total), phrase, m) != 0;
        }
}

/* Copy the fields of n rows one after the other into `out`, which has room for `most`; ends[i] is where the i-th cell
   stops. */
API void positions_gather(const int64_t *rows, int64_t n, int64_t fields, const uint32_t *terms, int64_t total,
                          const int64_t *bounds, uint32_t *out, int64_t most, int64_t *ends) {
    int64_t at = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t f = 0; f < fields; f++) {
            const int64_t cell = rows[i] * fields + f, first = max64(bounds[cell], 0);
            const int64_t length = min64(min64(bounds[cell + 1], total) - first, most - at);
            if (length > 0) {
                memcpy(out + at, terms + first, (size_t)length * sizeof *out);
                at += length;
            }
            ends[i * fields + f] = at;
        }
}
