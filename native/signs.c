/* Kernels over rows of sign bits: estimates against a 4-bit query by popcount, and the short list of the best. */
#include "signs.h"

#define AHEAD 16 /* rows asked for from memory before they are needed */
#define RUN 64   /* estimates looked at together */

/* costs[j] = what word j differs from the planes, which are repeated over a tile of `size` words. Costs have as many bits
   as words have, so that none are moved between lanes before there are fewer of them. */
static void words_counted(const uint64_t *restrict words, const uint64_t (*restrict planes)[TILE],
                          uint64_t *restrict costs, int64_t size) {
    for (int64_t j = 0; j < size; j++) {
        const uint64_t word = words[j];
        const uint64_t low = popcount(word ^ planes[0][j]) + (popcount(word ^ planes[1][j]) << 1);
        const uint64_t high = popcount(word ^ planes[2][j]) + (popcount(word ^ planes[3][j]) << 1);
        costs[j] = low + (high << 2);
    }
}

/* The costs of rows of `width` words from those of their words: halves are added while there are any, then the rest. */
static void costs_folded(uint64_t *costs, int64_t size, int64_t width, int32_t ceiling, int32_t *restrict out) {
    int64_t span = width;
    for (; !(span & 1); span >>= 1) {
        size >>= 1;
        for (int64_t j = 0; j < size; j++) costs[j] = costs[2 * j] + costs[2 * j + 1];
    }
    if (span == 1) {
        for (int64_t i = 0; i < size; i++) out[i] = ceiling - (int32_t)costs[i];
        return;
    }
    size /= span;
    for (int64_t i = 0; i < size; i++) {
        uint64_t cost = 0;
        for (int64_t part = 0; part < span; part++) cost += costs[i * span + part];
        out[i] = ceiling - (int32_t)cost;
    }
}

void signs_spread(spread_planes *query, const uint64_t *planes, int64_t width) {
    query->planes = planes;
    query->width = width;
    if (width > TILE) return;
    for (int64_t b = 0; b < QUERY_BITS; b++)
        for (int64_t at = 0; at + width <= TILE; at += width)
            memcpy(query->repeated[b] + at, planes + b * width, (size_t)width * sizeof *planes);
}

/* `estimate`, of a query whose planes are repeated. Tiles of whole rows are counted word by word and then folded, so that
   every loop runs in vector registers. */
void signs_estimate_run(const uint64_t *bits, int64_t n, const spread_planes *query, int32_t *out) {
    const int64_t width = query->width;
    const int32_t ceiling = (int32_t)(QUERY_LEVELS * 64 * width);
    if (width > TILE) {
        for (int64_t i = 0; i < n; i++) out[i] = ceiling - (int32_t)differing(bits + i * width, query->planes, width);
        return;
    }
    const int64_t rows = TILE / width;
    _Alignas(64) uint64_t costs[TILE];
    for (int64_t first = 0; first < n; first += rows) {
        const int64_t size = min64(rows, n - first) * width;
        words_counted(bits + first * width, query->repeated, costs, size);
        costs_folded(costs, size, width, ceiling, out + first);
    }
}

/* out[i] = the query's 4-bit values agreeing with row i's signs, 0..15 D: a shift of twice the inner product. */
API void signs_estimate(const uint64_t *bits, int64_t n, int64_t width, const uint64_t *planes, int32_t *out) {
    spread_planes query;
    signs_spread(&query, planes, width);
    signs_estimate_run(bits, n, &query, out);
}

/* As `estimate`, of the given rows only. */
API void signs_estimate_rows(const uint64_t *bits, int64_t width, const uint64_t *planes, const int64_t *rows,
                             int64_t n, int32_t *out) {
    const int32_t ceiling = (int32_t)(QUERY_LEVELS * 64 * width);
    for (int64_t i = 0; i < n; i++) {
        if (i + AHEAD < n) prefetch(bits + rows[i + AHEAD] * width);
        out[i] = ceiling - (int32_t)differing(bits + rows[i] * width, planes, width);
    }
}

/* out[i] = -1 where bit i of the mask is not set; no branch: half the rows allowed would be half of the branches
   mispredicted. */
API void signs_forbid(const uint64_t *words, int32_t *out, int64_t n) {
    for (int64_t first = 0; first < n; first += 64) {
        const uint64_t word = words[first >> 6];
        const uint32_t halves[2] = {(uint32_t)word, (uint32_t)(word >> 32)};
        for (int64_t h = 0; h < 2; h++) {
            int32_t *some = out + first + 32 * h;
            const int64_t count = min64(32, n - first - 32 * h);
            for (int64_t j = 0; j < count; j++) some[j] = (some[j] + 1) * (int32_t)(halves[h] >> j & 1) - 1;
        }
    }
}

/* The first `count` rows of a mask of n words, ascending; how many there are of them: time goes with how many there
   are, not with how many there could be. */
API int64_t signs_listed(const uint64_t *words, int64_t n, int64_t count, int64_t *rows) {
    int64_t at = 0;
    for (int64_t w = 0; w < n; w++)
        for (uint64_t word = words[w]; word && at < count; word &= word - 1)
            rows[at++] = 64 * w + __builtin_ctzll(word);
    return at;
}

/* How many rows a mask of n words holds; the rows, ascending, if they are no more than `most`. */
API int64_t signs_few(const uint64_t *words, int64_t n, int64_t most, int64_t *rows) {
    uint64_t total = 0;
    for (int64_t w = 0; w < n; w++) total += popcount(words[w]);
    const int64_t count = (int64_t)total;
    if (count <= most) signs_listed(words, n, count, rows);
    return count;
}

/* How many of up to TILE estimates are at least so much. */
static int32_t reaching(const int32_t *estimates, int64_t n, int32_t least) {
    int32_t count = 0;
    for (int64_t i = 0; i < n; i++) count += estimates[i] >= least;
    return count;
}

/* How many estimates are at least `floor`, and not forbidden. */
API int64_t signs_count(const int32_t *estimates, int64_t n, int64_t floor) {
    if (floor > INT32_MAX) return 0;
    int64_t total = 0;
    for (int64_t at = 0; at < n; at += TILE)
        total += reaching(estimates + at, min64(TILE, n - at), (int32_t)max64(floor, 0));
    return total;
}

/* Where those are; how many. Runs of rows where none is are passed over. `rows` has room for one more, as a row is
   written before it is judged. */
API int64_t signs_above(const int32_t *estimates, int64_t n, int64_t floor, int64_t *rows) {
    if (floor > INT32_MAX) return 0;
    const int32_t least = (int32_t)max64(floor, 0);
    int64_t at = 0;
    for (int64_t first = 0; first < n; first += RUN) {
        const int64_t stop = min64(first + RUN, n);
        if (!reaching(estimates + first, stop - first, least)) continue;
        for (int64_t i = first; i < stop; i++) {
            rows[at] = i;
            at += estimates[i] >= least;
        }
    }
    return at;
}

/* As `count`, if some of them may not be among the chosen rows, a short list; else 0. */
API int64_t signs_lacking(const int32_t *estimates, int64_t n, const int64_t *chosen, int64_t n_chosen, int64_t floor) {
    int32_t least = INT32_MAX;
    for (int64_t i = 0; i < n_chosen; i++) least = estimates[chosen[i]] < least ? estimates[chosen[i]] : least;
    return floor < least ? signs_count(estimates, n, floor) : 0;
}

/* The greatest estimate that at least k rows reach, by counting, and how many do: counts has room for ceiling + 2, from
   -1, forbidden, upwards. */
API int64_t signs_threshold(const int32_t *estimates, int64_t n, int64_t k, int64_t ceiling, int64_t *counts,
                            int64_t *total) {
    memset(counts, 0, (size_t)(ceiling + 2) * sizeof *counts);
    for (int64_t i = 0; i < n; i++) counts[max64(min64(estimates[i], ceiling), -1) + 1]++;
    int64_t threshold = ceiling + 1;
    *total = 0;
    while (threshold > 0 && *total < k) *total += counts[threshold--];
    return threshold;
}
