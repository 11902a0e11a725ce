/* Every token of a text looks at every other one (Vaswani et al.: Attention Is All You Need, 2017). */
#include "transformer.h"

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
    bits = (bits - 0x4B400000 + 127) << 23;
    floats power;
    memcpy(&power, &bits, sizeof power);
    return value * power;
}

/* scores (QUERIES, wide) = the inner products of some queries with every key; `keys` is (size, wide). */
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

/* scores (wide,) of n keys become exp(score - the greatest); 1 over their sum. */
ALWAYS float exponentials(float *scores, int64_t n, int64_t wide) {
    float top = scores[0];
    for (int64_t j = 1; j < n; j++) top = scores[j] > top ? scores[j] : top;
    for (int64_t j = n; j < wide; j++) scores[j] = top;
    lanes sum = {0};
    for (int64_t j = 0; j < wide; j += LANES)
        for (int r = 0; r < REGISTERS; r++) {
            floats value = power_of_e(floats_at(scores + j + r * REGISTER) - top);
            if (j + LANES > n)
                for (int i = 0; i < REGISTER; i++) value[i] = j + r * REGISTER + i < n ? value[i] : 0;
            floats_to(scores + j + r * REGISTER, value);
            sum.part[r] += value;
        }
    return 1.0f / lanes_total(sum);
}

/* out = the values of n tokens, each as much as its share says, of some queries. */
ALWAYS void mixed(const float *values, int64_t n, int64_t width, int64_t size, const float *shares, int64_t wide,
                  const float *parts, int queries, float *out) {
    for (int64_t d = 0; d < size; d += LANES) {
        floats sum[QUERIES][REGISTERS] = {0};
        for (int64_t j = 0; j < n; j++)
            for (int r = 0; r < REGISTERS; r++) {
                const floats value = floats_at(values + j * 3 * width + d + r * REGISTER);
                for (int q = 0; q < queries; q++) sum[q][r] += value * shares[q * wide + j];
            }
        for (int q = 0; q < queries; q++)
            for (int r = 0; r < REGISTERS; r++) floats_to(out + q * width + d + r * REGISTER, sum[q][r] * parts[q]);
    }
}

ALWAYS void some_queries(const float *qkv, int64_t first, int64_t n, int64_t width, int64_t size, int64_t wide,
                         int queries, const float *keys, float *scores, float *out) {
    float parts[QUERIES];
    scores_of(qkv + first * 3 * width, width, size, keys, wide, queries, scores);
    for (int q = 0; q < queries; q++) parts[q] = exponentials(scores + q * wide, n, wide);
    mixed(qkv + 2 * width, n, width, size, scores, wide, parts, queries, out + first * width);
}

/* out (n, width) of one text from its queries, keys and values (n, 3 width). Room: (width / heads + QUERIES) times n,
   rounded up to LANES. */
void transformer_attention(const float *qkv, int64_t n, int64_t width, int64_t heads, float *room, float *out) {
    const int64_t size = width / heads, wide = (n + LANES - 1) / LANES * LANES;
    float *keys = room, *scores = room + size * wide;
    for (int64_t h = 0; h < heads; h++) {
        const float *own = qkv + h * size;
        for (int64_t j = 0; j < n; j++)
            for (int64_t d = 0; d < size; d++) keys[d * wide + j] = own[j * 3 * width + width + d];
        for (int64_t d = 0; d < size; d++)
            for (int64_t j = n; j < wide; j++) keys[d * wide + j] = 0;
        int64_t i = 0;
        for (; i + QUERIES <= n; i += QUERIES)
            some_queries(own, i, n, width, size, wide, QUERIES, keys, scores, out + h * size);
        for (; i < n; i++) some_queries(own, i, n, width, size, wide, 1, keys, scores, out + h * size);
    }
}
