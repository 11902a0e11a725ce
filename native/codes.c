/* Kernels over 8-bit codes of rotated vectors: the planes of a query, inner products, and the best rows of a list. */
#include "codes.h"
#include "keys.h"
#include "lanes.h"
#include "signs.h"

#define PEAK 8191  /* of a quantised query's components; also in indexes/_codes.py */
#define AHEAD 8    /* rows asked for from memory before they are needed */
#define SURE 2.25  /* standard deviations by which a row's estimate may fall short before it is not scored */
#define PI 3.141592653589793

/* Whole steps of the rotated query (D,); the step. */
API double codes_quantised(const float *query, int64_t d, int16_t *steps) {
    float peak = 1e-30f;
    for (int64_t j = 0; j < d; j++) {
        const float size = fabsf(query[j]);
        peak = size > peak ? size : peak;
    }
    const float scale = (float)PEAK / peak;
    for (int64_t j = 0; j < d; j++) steps[j] = (int16_t)(int32_t)rintf(query[j] * scale);
    return (double)peak / PEAK;
}

/* Fill the bit planes (4, D / 64) of the query in steps of 4 bits; spread gets the slope and one standard deviation.

   The inner product with a unit vector is estimated as slope (15 D / 2 - cost), cost being what `estimate` subtracts:
   the signs of a random rotation of it have the inner product sqrt(2 D / pi) with it, and what a query has in common
   with them beyond that is noise of variance (pi / 2 - 1) / D times the query's squared length. */
API void codes_planes_of(const int16_t *query, int64_t d, uint64_t *planes, double *spread) {
    int32_t greatest = 1;
    int64_t squares = 0;
    for (int64_t j = 0; j < d; j++) {
        const int32_t value = query[j], size = value < 0 ? -value : value;
        greatest = size > greatest ? size : greatest;
        squares += value * value;
    }
    const double peak = greatest;
    const int64_t width = d >> 6;
    for (int64_t w = 0; w < width; w++) {
        uint8_t steps[64];
        for (int64_t j = 0; j < 64; j++)
            steps[j] = (uint8_t)(int32_t)rint((query[64 * w + j] / peak + 1) * (QUERY_LEVELS / 2.0));
        for (int64_t b = 0; b < QUERY_BITS; b++) {
            uint64_t word = 0;
            for (int64_t j = 0; j < 64; j++) word |= (uint64_t)(steps[j] >> b & 1) << j;
            planes[b * width + w] = word;
        }
    }
    spread[0] = peak * 2 / QUERY_LEVELS * sqrt(PI / 2 / (double)d);
    spread[1] = sqrt((PI / 2 - 1) / (double)d * (double)squares);
}

/* As `planes_of`, of a rotated query whose steps (D,) are made on the way; slope and deviation are the query's. */
API void codes_planes_for(const float *query, int64_t d, uint64_t *planes, double *spread, int16_t *steps) {
    const double step = codes_quantised(query, d, steps);
    codes_planes_of(steps, d, planes, spread);
    spread[0] *= step;
    spread[1] *= step;
}

/* out[i] = the inner product of the query (D,) with row rows[i], which is codes[rows[i] - first]. Four at a time: what
   is read of the query is read once for all of them. D is a multiple of LANES. */
API void codes_inner_rows(const int8_t *codes, const float *scales, const float *query, int64_t d, const int64_t *rows,
                          int64_t n, int64_t first, float *out) {
    const int64_t fours = n - n % 4;
    for (int64_t i = 0; i < min64(AHEAD, n); i++) fetched(codes + (rows[i] - first) * d, d);
    for (int64_t i = 0; i < fours; i += 4) {
        for (int64_t ahead = i + AHEAD; ahead < min64(i + AHEAD + 4, n); ahead++)
            fetched(codes + (rows[ahead] - first) * d, d);
        const int64_t a = rows[i] - first, b = rows[i + 1] - first, c = rows[i + 2] - first, e = rows[i + 3] - first;
        const int8_t *row_a = codes + a * d, *row_b = codes + b * d, *row_c = codes + c * d, *row_e = codes + e * d;
        lanes sum_a = {0}, sum_b = {0}, sum_c = {0}, sum_e = {0};
        for (int64_t j = 0; j < d; j += LANES) {
            const lanes value = lanes_at(query + j);
            lanes_add(&sum_a, lanes_of_bytes(row_a + j), value);
            lanes_add(&sum_b, lanes_of_bytes(row_b + j), value);
            lanes_add(&sum_c, lanes_of_bytes(row_c + j), value);
            lanes_add(&sum_e, lanes_of_bytes(row_e + j), value);
        }
        out[i] = lanes_total(sum_a) * scales[a];
        out[i + 1] = lanes_total(sum_b) * scales[b];
        out[i + 2] = lanes_total(sum_c) * scales[c];
        out[i + 3] = lanes_total(sum_e) * scales[e];
    }
    for (int64_t i = fours; i < n; i++) {
        const int64_t a = rows[i] - first;
        lanes sum = {0};
        for (int64_t j = 0; j < d; j += LANES) lanes_add(&sum, lanes_of_bytes(codes + a * d + j), lanes_at(query + j));
        out[i] = lanes_total(sum) * scales[a];
    }
}

/* The keys, ascending, of the k of n rows with the greatest inner products, rows numbered as for `inner_rows`; scores
   gets all of those products, (n,). */
API void codes_best_rows(const int8_t *codes, const float *scales, const float *query, int64_t d, const int64_t *rows,
                         int64_t n, int64_t first, int64_t k, int64_t *keys, float *scores) {
    codes_inner_rows(codes, scales, query, d, rows, n, first, scores);
    keys_best_of(scores, rows, n, k, keys);
}

/* The length of the longest of the rows that k keys stand for. Row r is codes[r - first]. */
API double codes_longest(const int8_t *codes, const float *scales, int64_t d, const int64_t *keys, int64_t k,
                         int64_t first) {
    double length = 0;
    for (int64_t i = 0; i < k; i++) {
        if (keys[i] == EMPTY) continue;
        const int64_t row = row_of(keys[i]) - first;
        const int8_t *code = codes + row * d;
        int32_t square = 0;
        for (int64_t j = 0; j < d; j++) square += (int32_t)code[j] * code[j];
        const double own = scales[row] * sqrtf((float)square);
        length = own > length ? own : length;
    }
    return length;
}

/* The estimate (of `estimate`, 0..15 D) below which a row is surely not better than `worst`: the paper's bound. A row as
   long as `longest` that has the score `worst` is estimated lower than this with a chance of 1 in 100. */
API int64_t codes_floor_of(double worst, double longest, double slope, double deviation, int64_t d) {
    const double most = QUERY_LEVELS * (double)d;
    const double found = floor((worst / longest - SURE * deviation) / slope + most / 2);
    if (!(longest > 0 && found > 0)) return 0;
    return found > most ? (int64_t)most + 1 : (int64_t)found;
}

/* The best rows a mask of n_words words allows, best first, if it holds no more than `most`: how many, -1 if it holds
   more, -2 if the query (d,) is not finite. `turned` has room for 2 D, `rows` and `scores` for `most`, keys, found and
   values for k. */
API int64_t codes_best_allowed(const int8_t *codes, const float *scales, const float *query, int64_t dimensions,
                               const float *signs, int64_t d, const uint64_t *words, int64_t n_words, int64_t most,
                               int64_t k, float *turned, int64_t *rows, float *scores, int64_t *keys, int64_t *found,
                               float *values) {
    if (rotation_turned_query(query, dimensions, signs, d, turned, turned + d)) return -2;
    const int64_t count = signs_few(words, n_words, most, rows);
    if (count > most) return -1;
    const int64_t kept = min64(k, count);
    codes_best_rows(codes, scales, turned, d, rows, count, 0, kept, keys, scores);
    return keys_opened(keys, kept, found, values);
}
