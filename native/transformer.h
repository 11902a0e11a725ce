/* The parts of a transformer's run: products of 8-bit rows, attention, and what is done to every number between them.

   Weights are -64..64, stored with 64 added (0..128); activations are -127..127. A product of two pairs, at most
   2 * 128 * 127, fits 16 bits: no build saturates, and sums of whole numbers are the same in any order. */
#ifndef BROADSHEET_TRANSFORMER_H
#define BROADSHEET_TRANSFORMER_H

#include "lanes.h"

#define ALWAYS static inline __attribute__((always_inline))
#define PANEL LANES   /* rows of weights that are kept together */
#define MIDDLE 64     /* what is added to weights; also in kit/transformer.py */
#define GROUP 4       /* columns of weights that are kept together */
#define MOST_QUERIES 8 /* tokens whose attention is computed together, at most; also in kit/transformer.py */

/* A layer of weights: y = x W' + bias. `packed` is (rows / PANEL, columns / GROUP, PANEL, GROUP). */
typedef struct {
    const uint8_t *packed;
    const float *scales, *sums, *bias; /* (rows,): the scale of a row; the sum of its weights times that; the bias */
    int64_t rows, columns;
} linear;

/* Activations of n tokens: x is about codes * scale + middle. */
typedef struct {
    int8_t *codes; /* (n, columns) */
    int32_t *sums; /* (n,) of the codes */
    float *scales, *middles;
} activations;

void transformer_quantised(const float *x, int64_t n, int64_t columns, const activations *out);
void transformer_product(const linear *layer, const activations *in, int64_t n, int gelu, float *out);
void transformer_attention(const float *qkv, int64_t n, int64_t width, int64_t heads, float *room, float *out);

#if defined(__AVX512F__)
#include <immintrin.h>
ALWAYS floats least(floats a, floats b) { return (floats)_mm512_min_ps((__m512)a, (__m512)b); }
ALWAYS floats greatest(floats a, floats b) { return (floats)_mm512_max_ps((__m512)a, (__m512)b); }
#elif defined(__AVX__)
#include <immintrin.h>
ALWAYS floats least(floats a, floats b) { return (floats)_mm256_min_ps((__m256)a, (__m256)b); }
ALWAYS floats greatest(floats a, floats b) { return (floats)_mm256_max_ps((__m256)a, (__m256)b); }
#else
ALWAYS floats least(floats a, floats b) {
    const ints is_less = (ints)(a < b);
    return (floats)(((ints)a & is_less) | ((ints)b & ~is_less));
}
ALWAYS floats greatest(floats a, floats b) {
    const ints is_more = (ints)(a > b);
    return (floats)(((ints)a & is_more) | ((ints)b & ~is_more));
}
#endif

ALWAYS floats floats_at(const float *from) {
    floats found;
    memcpy(&found, from, sizeof found);
    return found;
}

ALWAYS void floats_to(float *to, floats value) { memcpy(to, &value, sizeof value); }

ALWAYS floats all_of(float value) { return value - (floats){0}; }

/* Added to a number below 2**22, it leaves the nearest whole one in the low bits of what is stored. */
#define ROUNDING 12582912.0f /* 1.5 * 2**23 */
#define ROUNDING_BITS 0x4B400000

#endif
