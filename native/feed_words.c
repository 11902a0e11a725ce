/* Words and pairs of neighbouring words as hashed features; a linear support vector machine over them; products. */
#include "kernels.h"

static inline int is_skipped(uint32_t term, const uint32_t *skip, int64_t n_skip) {
    int64_t low = 0, high = n_skip;
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (skip[middle] < term) low = middle + 1;
        else high = middle;
    }
    return low < n_skip && skip[low] == term;
}

/* Which lower 16 bits words to skip have: most words need no search. */
typedef struct { uint64_t bits[1024]; } SkipFilter;

static void fill_filter(SkipFilter *filter, const uint32_t *skip, int64_t n_skip) {
    memset(filter->bits, 0, sizeof filter->bits);
    for (int64_t i = 0; i < n_skip; i++) filter->bits[(skip[i] & 0xFFFF) >> 6] |= 1ull << (skip[i] & 63);
}

static inline int may_be_skipped(const SkipFilter *filter, uint32_t term) {
    return filter->bits[(term & 0xFFFF) >> 6] >> (term & 63) & 1;
}

static inline uint32_t slot_of_word(uint32_t term, int shift) { return (term * 0x9E3779B1u) >> shift; }

static inline uint32_t slot_of_pair(uint32_t first, uint32_t second, int shift) {
    uint32_t mixed = first * 0x85EBCA6Bu;
    mixed ^= mixed >> 15;
    mixed = (mixed + second) * 0xC2B2AE35u;
    mixed ^= mixed >> 13;
    return (mixed * 0x9E3779B1u) >> shift;
}

/* The distinct words and pairs of neighbouring words of n texts of some fields each; words in `skip` (ascending) are
   left out before pairs are made. A feature is the 32 - shift upper bits of a hash. `place` is one a feature, filled
   with -1. Returns the number of features of all texts; at most two a token. */
API int64_t feed_words_collect(const uint32_t *terms, const int64_t *bounds, int64_t n, int64_t fields,
                               const uint32_t *skip, int64_t n_skip, int32_t shift, int32_t *place, int64_t *indptr,
                               int32_t *columns) {
    int64_t total = 0;
    SkipFilter filter;
    fill_filter(&filter, skip, n_skip);
    for (int64_t i = 0; i < n; i++) {
        const int64_t start = total;
        for (int64_t f = i * fields; f < (i + 1) * fields; f++) {
            int has_last = 0;
            uint32_t last = 0;
            for (int64_t t = bounds[f]; t < bounds[f + 1]; t++) {
                const uint32_t term = terms[t];
                if (may_be_skipped(&filter, term) && is_skipped(term, skip, n_skip)) continue;
                for (int pair = 0; pair <= has_last; pair++) {
                    const uint32_t slot = pair ? slot_of_pair(last, term, shift) : slot_of_word(term, shift);
                    if (place[slot] >= start) continue;
                    place[slot] = (int32_t)total;
                    columns[total++] = (int32_t)slot;
                }
                last = term;
                has_last = 1;
            }
        }
        indptr[i + 1] = total;
    }
    return total;
}

/* The values of the features of n rows: the rarity of each, and every row of length one. */
API void feed_words_weigh(const int64_t *indptr, const int32_t *columns, int64_t n, const float *rarity, float *values) {
    for (int64_t i = 0; i < n; i++) {
        float square = 0.0f;
        for (int64_t t = indptr[i]; t < indptr[i + 1]; t++) {
            values[t] = rarity[columns[t]];
            square += values[t] * values[t];
        }
        const float scale = square > 0.0f ? 1.0f / sqrtf(square) : 0.0f;
        for (int64_t t = indptr[i]; t < indptr[i + 1]; t++) values[t] *= scale;
    }
}

/* The features of n words alone. */
API void feed_words_slots(const uint32_t *terms, int64_t n, int32_t shift, int32_t *slots) {
    for (int64_t i = 0; i < n; i++) slots[i] = (int32_t)slot_of_word(terms[i], shift);
}

/* The inner products of n sparse rows with weights: out[i] = sum of values * weights[columns]. */
API void feed_words_score(const int64_t *indptr, const int32_t *columns, const float *values, int64_t n,
                          const float *weights, float *out) {
    for (int64_t i = 0; i < n; i++) {
        float sum = 0.0f;
        for (int64_t t = indptr[i]; t < indptr[i + 1]; t++) sum += values[t] * weights[columns[t]];
        out[i] = sum;
    }
}

/* The inner products of n sparse rows with m others given by feature: feature c, if its bit is set in `present`, has
   the rows others[first[c]: first[c] + many[c]]; out is (n, m), filled with 0. */
API void feed_words_products(const int64_t *indptr, const int32_t *columns, const float *values, int64_t n,
                             const uint8_t *present, const int32_t *first, const int32_t *many, const int32_t *others,
                             const float *weights, int64_t m, float *out) {
    for (int64_t i = 0; i < n; i++) {
        float *row = out + i * m;
        for (int64_t t = indptr[i]; t < indptr[i + 1]; t++) {
            const int32_t column = columns[t];
            if (!(present[column >> 3] >> (column & 7) & 1)) continue;
            const int32_t count = many[column];
            const float value = values[t];
            for (int32_t p = first[column]; p < first[column] + count; p++) row[others[p]] += value * weights[p];
        }
    }
}

/* Dual coordinate descent for a linear machine with squared hinge loss (Hsieh et al. 2008, algorithm 1), on n sparse
   rows with labels y of -1 and 1 and costs; the intercept is the weight of a feature that is 1 everywhere, kept in
   weights[size]. Examples that stay outside the margin are left out of later passes. `order` has n places, `alpha` (n)
   and `weights` (size + 1) begin at 0. Returns the number of passes. */
API int64_t linear_svm_fit(const int64_t *indptr, const int32_t *columns, const float *values, const float *y,
                           const float *cost, int64_t n, int64_t size, int64_t passes, float tolerance, int32_t *order,
                           float *diagonal, float *alpha, float *weights) {
    for (int64_t i = 0; i < n; i++) {
        float square = 1.0f;
        for (int64_t t = indptr[i]; t < indptr[i + 1]; t++) square += values[t] * values[t];
        diagonal[i] = square + 0.5f / cost[i];
        order[i] = (int32_t)i;
    }
    uint64_t state = 1;
    int64_t active = n, pass = 0;
    int whole = 1;
    for (; pass < passes; pass++) {
        float largest = 0.0f;
        for (int64_t k = active - 1; k > 0; k--) {
            state = state * 6364136223846793005ull + 1442695040888963407ull;
            const int64_t other = (int64_t)((state >> 33) % (uint64_t)(k + 1));
            const int32_t kept = order[k];
            order[k] = order[other];
            order[other] = kept;
        }
        for (int64_t k = 0; k < active; k++) {
            const int32_t i = order[k];
            float sum = weights[size];
            for (int64_t t = indptr[i]; t < indptr[i + 1]; t++) sum += values[t] * weights[columns[t]];
            const float gradient = y[i] * sum - 1.0f + alpha[i] * 0.5f / cost[i];
            if (alpha[i] == 0.0f && gradient >= 0.0f) {
                if (gradient > tolerance) { /* left out until the end */
                    active--;
                    order[k] = order[active];
                    order[active] = i;
                    k--;
                }
                continue;
            }
            const float size_of = gradient < 0.0f ? -gradient : gradient;
            if (size_of > largest) largest = size_of;
            float next = alpha[i] - gradient / diagonal[i];
            if (next < 0.0f) next = 0.0f;
            const float step = (next - alpha[i]) * y[i];
            alpha[i] = next;
            for (int64_t t = indptr[i]; t < indptr[i + 1]; t++) weights[columns[t]] += step * values[t];
            weights[size] += step;
        }
        if (largest <= tolerance) {
            if (whole) { pass++; break; }
            active = n; /* look at all once more */
            whole = 1;
        } else {
            whole = active == n;
        }
    }
    return pass;
}
