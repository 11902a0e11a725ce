/* The best rows of the inverted lists nearest to a query. */
#include "codes.h"
#include "fine.h"
#include "keys.h"
#include "signs.h"

#define AGAIN 2 /* rows scored at 12 bits for every one asked for; also in indexes/_lists.py */

/* places and scores of the k best by their codes, how many: of the `limit` best by estimate and of all that may be
   better. chosen has room for n + 1, counts for 15 D + 2, keys for min(2 k, n), values for n, found and scores for k. */
API int64_t lists_rescored(const int8_t *codes, const float *scales, const uint8_t *fine, int64_t half,
                           const float *query, int64_t d, const int32_t *estimates, const int64_t *places, int64_t n,
                           int64_t limit, int64_t k, double slope, double deviation, int64_t *chosen, int64_t *counts,
                           int64_t *keys, float *values, int64_t *found, float *scores) {
    int64_t total;
    const int64_t threshold = signs_threshold(estimates, n, limit, QUERY_LEVELS * d, counts, &total);
    total = signs_above(estimates, n, threshold, chosen);
    int32_t least = INT32_MAX;
    for (int64_t i = 0; i < total; i++) {
        least = estimates[chosen[i]] < least ? estimates[chosen[i]] : least;
        chosen[i] = places[chosen[i]];
    }
    int64_t kept = min64(AGAIN * k, total);
    codes_best_rows(codes, scales, query, d, chosen, total, 0, kept, keys, values);
    if (kept >= k) {
        const int64_t *best = keys + kept - k;
        const double length = codes_longest(codes, scales, d, best, k, 0);
        const int64_t floor = codes_floor_of(score_of(best[0]), length, slope, deviation, d);
        const int64_t more = floor < least ? signs_above(estimates, n, floor, chosen) : 0;
        if (more) {
            for (int64_t i = 0; i < more; i++) chosen[i] = places[chosen[i]];
            kept = min64(AGAIN * k, more);
            codes_best_rows(codes, scales, query, d, chosen, more, 0, kept, keys, values);
        }
    }
    int64_t rows = 0; /* best first; the place of a row that is read is not needed any more */
    for (; rows < kept && keys[kept - 1 - rows] != EMPTY; rows++) chosen[rows] = row_of(keys[kept - 1 - rows]);
    return fine_finest(codes, scales, fine, half, query, d, chosen, rows, k, values, keys, found, scores);
}

/* How many rows the given lists hold, list i being the places starts[i] .. starts[i + 1] - 1. */
API int64_t lists_rows(const int64_t *starts, const int64_t *lists, int64_t n_lists) {
    int64_t total = 0;
    for (int64_t i = 0; i < n_lists; i++) total += starts[lists[i] + 1] - starts[lists[i]];
    return total;
}

/* The estimates and places of all those rows; how many of them a mask allows, the others being estimated -1. Place p
   holds row order[p]; the mask, unless it has no words, is over rows. */
static int64_t estimated(const uint64_t *bits, int64_t width, const uint64_t *planes, const int32_t *order,
                         const int64_t *starts, const int64_t *lists, int64_t n_lists, const uint64_t *words,
                         int64_t n_words, int32_t *estimates, int64_t *places) {
    spread_planes query;
    signs_spread(&query, planes, width);
    int64_t at = 0, count = 0;
    for (int64_t i = 0; i < n_lists; i++) {
        const int64_t first = starts[lists[i]];
        while (i + 1 < n_lists && lists[i + 1] == lists[i] + 1) i++; /* lists side by side are one run */
        const int64_t size = starts[lists[i] + 1] - first;
        signs_estimate_run(bits + first * width, size, &query, estimates + at);
        for (int64_t j = 0; j < size; j++) places[at + j] = first + j;
        at += size;
    }
    if (!n_words) return at;
    for (int64_t j = 0; j < at; j++) { /* no branch: see `signs_forbid` */
        const int64_t bit = bit_of(words, order[places[j]]);
        estimates[j] = (estimates[j] + 1) * (int32_t)bit - 1;
        count += bit;
    }
    return count;
}

/* `rescored`, of the rows of the given lists that a mask allows: there are n in the lists, and `allowed` gets how many
   of them it allows. places has room for 3 n + 1 + 15 D + 2, planes for 4 D / 64, steps for D. */
API int64_t lists_searched(const uint64_t *bits, const int8_t *codes, const float *scales, const uint8_t *fine,
                           int64_t half, const float *query, int64_t d, const int32_t *order, const int64_t *starts,
                           const int64_t *lists, int64_t n_lists, const uint64_t *words, int64_t n_words, int64_t n,
                           int64_t limit, int64_t k, int64_t *allowed, uint64_t *planes, int16_t *steps,
                           int32_t *estimates, int64_t *places, float *values, int64_t *found, float *scores) {
    double spread[2];
    int64_t *chosen = places + n, *keys = chosen + n + 1, *counts = keys + n;
    codes_planes_for(query, d, planes, spread, steps);
    *allowed = estimated(bits, d >> 6, planes, order, starts, lists, n_lists, words, n_words, estimates, places);
    return lists_rescored(codes, scales, fine, half, query, d, estimates, places, n, min64(limit, *allowed), k,
                          spread[0], spread[1], chosen, counts, keys, values, found, scores);
}
