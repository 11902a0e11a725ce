/* Every token of a text looks at every other one (Vaswani et al.: Attention Is All You Need, 2017). */
#include "transformer.h"

#if defined(__AVX512F__)
#define QUERIES MOST_QUERIES /* as many as there are registers for */
#else
#define QUERIES 4
#endif

/* exp(x) of -87 <= x <= 0, to 2e-7 of it: two to a whole power, and a polynomial (Cephes) of what remains. */
ALWAYS floats power_of_e(floats x) {
    const floats clipped = greatest(x, all_of(-87.0f));
    const floats moved = clipped * 1.44269504f + ROUNDING, whole = moved - ROUNDING;
    const floats rest = (clipped - whole * 0.693359375f) - whole * -2.12194440e-4f;
    floats value = all_of(1.9875691500e-4f);
    value = value * rest + 1.3981999507e-3f;
    value = value * rest + 8.3334519073e-3f;
    value = value * rest + 4.1665795894e-2f;
    value = value * rest + 1.6666665459e-1f;
    value = value * rest + 5.0000001201e-1f;
    value = value * (rest * rest) + (rest + 1.0f);
    ints bits;
    memcpy(&bits, &moved, sizeof bits);
    bits = (bits - ROUNDING_BITS + 127) << 23;
    floats power;
    memcpy(&power, &bits, sizeof power);
    return value * power;
}

/* scores (queries, wide) = the inner products of some queries with every key; `keys` is (size, wide). */
ALWAYS void scores_of(const float *qkv, int64_t width, int64_t size, const float *keys, int64_t wide, int queries,
                      float *scores) {
    for (int64_t j = 0; j < wide; j += LANES) {
        floats sum[QUERIES][REGISTERS] = {0};
        for (int64_t d = 0; d < size; d++)
            for (int r = 0; r < REGISTERS; r++) {
                const floats key = floats_at(keys + d * wide + j + r * REGISTER);
                for (int q = 0; q < queries; q++) sum[q][r] += key * qkv[q * 3 * width + d];
            }
        for (int q = 0; q < queries; q++)
            for (int r = 0; r < REGISTERS; r++) floats_to(scores + q * wide + j + r * REGISTER, sum[q][r]);
    }
}

/* scores (wide,) of n keys become exp(score - the greatest), 0 beyond n; 1 over their sum. */
ALWAYS float exponentials(float *scores, int64_t n, int64_t wide) {
    for (int64_t j = n; j < wide; j++) scores[j] = scores[0];
    floats tops = floats_at(scores);
    for (int64_t j = REGISTER; j < wide; j += REGISTER) tops = greatest(tops, floats_at(scores + j));
    float top = tops[0];
    for (int i = 1; i < REGISTER; i++) top = tops[i] > top ? tops[i] : top;
    for (int64_t j = 0; j < wide; j += REGISTER)
        floats_to(scores + j, power_of_e(floats_at(scores + j) - top));
    for (int64_t j = n; j < wide; j++) scores[j] = 0;
    lanes sum = {0};
    for (int64_t j = 0; j < wide; j += LANES)
        for (int r = 0; r < REGISTERS; r++) sum.part[r] += floats_at(scores + j + r * REGISTER);
    return 1.0f / lanes_total(sum);
}

/* out = the values (n, size) of all tokens, each as much as its share says, of some queries. */
ALWAYS void mixed(const float *values, int64_t n, int64_t width, int64_t size, const float *shares, int64_t wide,
                  const float *parts, int queries, float *out) {
    for (int64_t d = 0; d < size; d += LANES) {
        floats sum[QUERIES][REGISTERS] = {0};
        for (int64_t j = 0; j < n; j++)
            for (int r = 0; r < REGISTERS; r++) {
                const floats value = floats_at(values + j * size + d + r * REGISTER);
                for (int q = 0; q < queries; q++) sum[q][r] += value * shares[q * wide + j];
            }
        for (int q = 0; q < queries; q++)
            for (int r = 0; r < REGISTERS; r++) floats_to(out + q * width + d + r * REGISTER, sum[q][r] * parts[q]);
    }
}

ALWAYS void some_queries(const float *qkv, int64_t n, int64_t width, int64_t size, int64_t wide, int queries,
                         const float *keys, const float *values, float *scores, float *out) {
    float parts[QUERIES];
    scores_of(qkv, width, size, keys, wide, queries, scores);
    for (int q = 0; q < queries; q++) parts[q] = exponentials(scores + q * wide, n, wide);
    mixed(values, n, width, size, scores, wide, parts, queries, out);
}

/* The keys of a head as (size, wide), its values as (n, size), of tokens (n, 3 width). */
static void gathered(const float *own, int64_t n, int64_t width, int64_t size, int64_t wide, float *keys,
                     float *values) {
    for (int64_t j = 0; j < n; j++) {
        const float *key = own + j * 3 * width + width;
        for (int64_t d = 0; d < size; d++) keys[d * wide + j] = key[d];
        memcpy(values + j * size, key + width, (size_t)size * sizeof *values);
    }
    for (int64_t d = 0; d < size; d++)
        for (int64_t j = n; j < wide; j++) keys[d * wide + j] = 0;
}

/* out (n, width) of one text from its queries, keys and values (n, 3 width). Room: (2 width / heads + MOST_QUERIES) times n,
   rounded up to LANES. */
void transformer_attention(const float *qkv, int64_t n, int64_t width, int64_t heads, float *room, float *out) {
    const int64_t size = width / heads, wide = (n + LANES - 1) / LANES * LANES;
    float *keys = room, *values = keys + size * wide, *scores = values + size * wide;
    for (int64_t h = 0; h < heads; h++) {
        const float *own = qkv + h * size;
        gathered(own, n, width, size, wide, keys, values);
        int64_t i = 0;
        for (; i + QUERIES <= n; i += QUERIES)
            some_queries(own + i * 3 * width, n, width, size, wide, QUERIES, keys, values, scores,
                         out + i * width + h * size);
        for (; i < n; i++)
            some_queries(own + i * 3 * width, n, width, size, wide, 1, keys, values, scores,
                         out + i * width + h * size);
    }
}
