/* Four bits more a component than 8-bit codes, by which only the best rows of a search are told apart. */
#include "fine.h"
#include "codes.h"
#include "keys.h"
#include "lanes.h"

static uint8_t sixteenth(float component, float step, int8_t code) {
    const double place = floor(((double)(component / step - (float)code) + 0.5) * 16);
    return (uint8_t)(place > 0 ? (place < 15 ? place : 15) : 0);
}

/* 4 bits more a component, out (n, D / 2): which sixteenth of its step each of `components` (n, D) lies in. Byte j holds
   component j in its low bits and component j + D / 2 in its high ones. */
API void fine_refined(const int8_t *codes, const float *components, const float *steps, int64_t n, int64_t d,
                      uint8_t *out) {
    const int64_t half = d / 2;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < half; j++) {
            const int64_t low = i * d + j, high = low + half;
            out[i * half + j] = (uint8_t)(sixteenth(components[low], steps[i], codes[low]) |
                                          sixteenth(components[high], steps[i], codes[high]) << 4);
        }
}

/* sum += (16 codes + nibbles) * query, LANES of each. */
static inline __attribute__((always_inline)) void add_fine(lanes *sum, const int8_t *codes, const uint8_t *more,
                                                           int shift, const float *query) {
    const lanes values = lanes_at(query);
    for (int r = 0; r < REGISTERS; r++) {
        ints whole, nibbles;
        for (int i = 0; i < REGISTER; i++) whole[i] = codes[r * REGISTER + i];
        for (int i = 0; i < REGISTER; i++) nibbles[i] = more[r * REGISTER + i];
        whole = whole * 16 + (nibbles >> shift & 15);
        sum->part[r] += __builtin_convertvector(whole, floats) * values.part[r];
    }
}

/* out[i] = the inner product of the rotated query (D,) with row rows[i] at 12 bits a component. D is a multiple of 64. */
API void fine_scores(const int8_t *codes, const uint8_t *fine, const float *scales, const float *query, int64_t d,
                     const int64_t *rows, int64_t n, float *out) {
    const int64_t half = d / 2;
    lanes middle = {0};
    for (int64_t j = 0; j < d; j += LANES) {
        const lanes value = lanes_at(query + j);
        for (int r = 0; r < REGISTERS; r++) middle.part[r] += value.part[r];
    }
    const float off = lanes_total(middle) * (15.0f / 32);
    for (int64_t i = 0; i < n; i++) {
        const int8_t *row = codes + rows[i] * d;
        const uint8_t *more = fine + rows[i] * half;
        lanes low = {0}, high = {0};
        for (int64_t j = 0; j < half; j += LANES) {
            add_fine(&low, row + j, more + j, 0, query + j);
            add_fine(&high, row + half + j, more + j, 4, query + half + j);
        }
        for (int r = 0; r < REGISTERS; r++) low.part[r] += high.part[r];
        out[i] = (float)(((double)lanes_total(low) / 16 - off) * scales[rows[i]]);
    }
}

/* The k best of n rows for a rotated query (D,), best first: how many; at 8 bits if `half` is 0, as no more are kept.
   `scores` has room for n, keys, found and values for k. */
API int64_t fine_finest(const int8_t *codes, const float *scales, const uint8_t *fine, int64_t half, const float *query,
                        int64_t d, const int64_t *rows, int64_t n, int64_t k, float *scores, int64_t *keys,
                        int64_t *found, float *values) {
    if (half)
        fine_scores(codes, fine, scales, query, d, rows, n, scores);
    else
        codes_inner_rows(codes, scales, query, d, rows, n, 0, scores);
    const int64_t kept = min64(k, n);
    keys_best_of(scores, rows, n, kept, keys);
    return keys_opened(keys, kept, found, values);
}
