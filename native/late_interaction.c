/* Every word of the query looks for the word of the paper that is nearest to it. */
#include "lanes.h"

#define ALWAYS static inline __attribute__((always_inline))

/* Vectors of words are kept as bytes or as floats: `eight` says which, and is known where this is compiled. */
ALWAYS lanes codes_at(const void *codes, int eight, int64_t at) {
    return eight ? lanes_of_bytes((const int8_t *)codes + at) : lanes_at((const float *)codes + at);
}

ALWAYS lanes codes_end(const void *codes, int eight, int64_t at, int64_t count) {
    return eight ? lanes_end_of_bytes((const int8_t *)codes + at, count)
                 : lanes_end((const float *)codes + at, count);
}

/* The inner product of d floats with d floats. */
static float product(const float *a, const float *b, int64_t d) {
    lanes sum = {0};
    int64_t j = 0;
    for (; j + LANES <= d; j += LANES) lanes_add(&sum, lanes_at(a + j), lanes_at(b + j));
    if (j < d) lanes_add(&sum, lanes_end(a + j, d - j), lanes_end(b + j, d - j));
    return lanes_total(sum);
}

/* out[q] = the product of a row with each of m units; of those four at a time, as many as a row is read for. */
static void products(const float *row, const float *units, int64_t m, int64_t d, float scale, float *out) {
    int64_t q = 0;
    for (; q + 4 <= m; q += 4) {
        const float *a = units + q * d, *b = a + d, *c = b + d, *e = c + d;
        lanes sum_a = {0}, sum_b = {0}, sum_c = {0}, sum_e = {0};
        int64_t j = 0;
        for (; j + LANES <= d; j += LANES) {
            const lanes x = lanes_at(row + j);
            lanes_add(&sum_a, x, lanes_at(a + j));
            lanes_add(&sum_b, x, lanes_at(b + j));
            lanes_add(&sum_c, x, lanes_at(c + j));
            lanes_add(&sum_e, x, lanes_at(e + j));
        }
        if (j < d) {
            const lanes x = lanes_end(row + j, d - j);
            lanes_add(&sum_a, x, lanes_end(a + j, d - j));
            lanes_add(&sum_b, x, lanes_end(b + j, d - j));
            lanes_add(&sum_c, x, lanes_end(c + j, d - j));
            lanes_add(&sum_e, x, lanes_end(e + j, d - j));
        }
        out[q] = lanes_total(sum_a) * scale;
        out[q + 1] = lanes_total(sum_b) * scale;
        out[q + 2] = lanes_total(sum_c) * scale;
        out[q + 3] = lanes_total(sum_e) * scale;
    }
    for (; q < m; q++) out[q] = product(row, units + q * d, d) * scale;
}

ALWAYS void cosines(const void *codes, int eight, const int64_t *rows, int64_t n, int64_t d, const float *units,
                    int64_t m, float *row, float *out) {
    for (int64_t i = 0; i < n; i++) {
        int64_t j = 0;
        for (; j + LANES <= d; j += LANES) {
            const lanes some = codes_at(codes, eight, rows[i] * d + j);
            memcpy(row + j, &some, sizeof some);
        }
        for (; j < d; j++)
            row[j] = eight ? (float)((const int8_t *)codes)[rows[i] * d + j] : ((const float *)codes)[rows[i] * d + j];
        const float square = product(row, row, d);
        if (square == 0)
            memset(out + i * m, 0, (size_t)m * sizeof *out);
        else
            products(row, units, m, d, 1 / sqrtf(square), out + i * m);
    }
}

/* out[i, q] = the cosine of codes[rows[i]] and units[q], (n, m); 0 beside zeros. `row` has room for d. */
API void late_interaction_cosines(const int8_t *codes, const int64_t *rows, int64_t n, int64_t d, const float *units,
                                  int64_t m, float *row, float *out) {
    cosines(codes, 1, rows, n, d, units, m, row, out);
}

/* The same of vectors kept as floats. */
API void late_interaction_cosines_of_floats(const float *codes, const int64_t *rows, int64_t n, int64_t d,
                                            const float *units, int64_t m, float *row, float *out) {
    cosines(codes, 0, rows, n, d, units, m, row, out);
}

/* out (n, m), zeros at first: the greatest affinity (u, m) each of m query words reaches among the words of each
   document, 1 where the word itself is inside. */
API void late_interaction_best(const int32_t *words, const int32_t *inside, const int64_t *bounds, int64_t n,
                               const float *affinities, int64_t u, int64_t m, float *out) {
    for (int64_t i = 0; i < n; i++) {
        float *best = out + i * m;
        for (int64_t t = bounds[i]; t < bounds[i + 1]; t++) {
            if (words[t] >= 0 && words[t] < u) {
                const float *own = affinities + words[t] * m;
                for (int64_t q = 0; q < m; q++) best[q] = own[q] > best[q] ? own[q] : best[q];
            }
            if (inside[t] >= 0 && inside[t] < m) best[inside[t]] = 1;
        }
    }
}

/* out (n, m), -1 at first: which word of each of n documents matches each query word. */
API void late_interaction_nearest(const int64_t *at, int64_t n, const int32_t *words, const int64_t *bounds,
                                  const float *affinities, int64_t u, int64_t m, int32_t *out) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t t = bounds[at[i]]; t < bounds[at[i] + 1]; t++) {
            if (words[t] < 0 || words[t] >= u) continue;
            for (int64_t q = 0; q < m; q++) {
                int32_t *own = out + i * m + q;
                if (*own < 0 || affinities[words[t] * m + q] > affinities[*own * m + q]) *own = words[t];
            }
        }
}

/* sum (d,) += scale * the vector at `at`; if `fresh`, the product of vector and query. */
ALWAYS float vector_added(const void *codes, int eight, int64_t at, int64_t d, float scale, const float *query,
                          int fresh, float *restrict sum) {
    lanes inner = {0};
    int64_t j = 0;
    for (; j + LANES <= d; j += LANES) {
        const lanes vector = codes_at(codes, eight, at + j);
        lanes sums = lanes_at(sum + j);
        if (fresh) lanes_add(&inner, vector, lanes_at(query + j));
        for (int r = 0; r < REGISTERS; r++) {
            sums.part[r] += scale * vector.part[r];
            memcpy(sum + j + r * REGISTER, &sums.part[r], sizeof(floats));
        }
    }
    if (j < d) {
        float whole[LANES];
        const lanes vector = codes_end(codes, eight, at + j, d - j);
        if (fresh) lanes_add(&inner, vector, lanes_end(query + j, d - j));
        memcpy(whole, &vector, sizeof whole);
        for (int64_t i = 0; j + i < d; i++) sum[j + i] += scale * whole[i];
    }
    return fresh ? lanes_total(inner) : 0;
}

/* One word more: its vector is added to `sum` (d,), and what it pulls, its product with the query, is returned; `known`
   is NaN until that is. */
ALWAYS float word_added(const void *codes, int eight, int64_t at, int64_t d, float scale, const float *query,
                        float *known, float *sum) {
    if (isnan(*known))
        *known = vector_added(codes, eight, at, d, scale, query, 1, sum) * scale;
    else
        vector_added(codes, eight, at, d, scale, query, 0, sum);
    return *known;
}

/* The square of the length of the difference of a and b (d,). */
static float square_between(const float *a, const float *b, int64_t d) {
    lanes sum = {0};
    int64_t j = 0;
    for (; j + LANES <= d; j += LANES) {
        lanes part = lanes_at(a + j);
        const lanes other = lanes_at(b + j);
        for (int r = 0; r < REGISTERS; r++) part.part[r] -= other.part[r];
        lanes_add(&sum, part, part);
    }
    if (j < d) {
        lanes part = lanes_end(a + j, d - j);
        const lanes other = lanes_end(b + j, d - j);
        for (int r = 0; r < REGISTERS; r++) part.part[r] -= other.part[r];
        lanes_add(&sum, part, part);
    }
    return lanes_total(sum);
}

ALWAYS void passages(const int32_t *words, const int64_t *bounds, int64_t n, const void *codes, int eight,
                     const float *scales, int64_t v, int64_t d, const float *query, const int64_t *sizes,
                     int64_t n_sizes, float *sums, float *pull, float *pulls, float *out) {
    const int64_t block = sizes[0] / 2;
    for (int64_t i = 0; i < v; i++) pulls[i] = NAN;
    memset(sums, 0, (size_t)d * sizeof *sums);
    pull[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t blocks = 0;
        for (int64_t start = bounds[i]; start < bounds[i + 1]; start += block) {
            float *sum = sums + ++blocks * d;
            pull[blocks] = pull[blocks - 1];
            memcpy(sum, sum - d, (size_t)d * sizeof *sum);
            for (int64_t t = start; t < min64(start + block, bounds[i + 1]); t++)
                if (words[t] >= 0 && words[t] < v)
                    pull[blocks] += word_added(codes, eight, words[t] * d, d, scales[words[t]], query,
                                               pulls + words[t], sum);
        }
        for (int64_t s = 0; s < n_sizes; s++) {
            const int64_t width = sizes[s] / block;
            float best = out[i * n_sizes + s];
            for (int64_t first = 0; first < blocks; first += max64(width / 2, 1)) {
                const int64_t last = min64(first + width, blocks);
                const float square = square_between(sums + last * d, sums + first * d, d);
                if (!((double)square > 1e-9)) continue;
                const float cosine = (pull[last] - pull[first]) / sqrtf(square);
                best = cosine > best ? cosine : best;
            }
            out[i * n_sizes + s] = best;
        }
    }
}

/* out (n, sizes), zeros at first: the greatest cosine of any stretch of each text with the query's unit vector (d,).
   `words` are rows of the v vectors, -1 without one; stretches of each of the `sizes` in words overlap by half.

   A text is summed up in blocks of half the first size, so that a stretch is the difference of two sums. Room: sums for
   as many vectors and pull for as many numbers as the longest text has blocks, and one; pulls for v numbers: the inner
   product of each word with the query, once it is met. */
API void late_interaction_passages(const int32_t *words, const int64_t *bounds, int64_t n, const int8_t *codes,
                                   const float *scales, int64_t v, int64_t d, const float *query, const int64_t *sizes,
                                   int64_t n_sizes, float *sums, float *pull, float *pulls, float *out) {
    passages(words, bounds, n, codes, 1, scales, v, d, query, sizes, n_sizes, sums, pull, pulls, out);
}

/* The same of vectors kept as floats. */
API void late_interaction_passages_of_floats(const int32_t *words, const int64_t *bounds, int64_t n,
                                             const float *codes, const float *scales, int64_t v, int64_t d,
                                             const float *query, const int64_t *sizes, int64_t n_sizes, float *sums,
                                             float *pull, float *pulls, float *out) {
    passages(words, bounds, n, codes, 0, scales, v, d, query, sizes, n_sizes, sums, pull, pulls, out);
}
