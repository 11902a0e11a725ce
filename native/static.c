/* Vectors of texts as weighted sums of 8-bit vectors of words. */
#include "kernels.h"

static inline void add_codes(float *restrict out, const int8_t *restrict codes, float value, int64_t d) {
    for (int64_t j = 0; j < d; j++) out[j] += value * (float)codes[j];
}

static float squares(const float *x, int64_t d) {
    float lanes[LANES] = {0};
    const int64_t whole = d / LANES * LANES;
    for (int64_t j = 0; j < whole; j += LANES)
        for (int l = 0; l < LANES; l++) lanes[l] += x[j + l] * x[j + l];
    for (int64_t j = whole; j < d; j++) lanes[j - whole] += x[j] * x[j];
    return lanes_sum(lanes);
}

/* out[i] (n, d), given as 0: the weighted sum of the codes of text i, scaled to unit length; zeros stay zeros. Rows from
   `learned` on are those of `own`. */
API void static_summed(const int64_t *indptr, int64_t n, const int64_t *rows, const float *values, const int8_t *codes,
                       int64_t learned, const int8_t *own, int64_t d, float *out) {
    for (int64_t i = 0; i < n; i++) {
        float *restrict sum = out + i * d;
        for (int64_t t = indptr[i]; t < indptr[i + 1]; t++) {
            const int64_t row = rows[t];
            add_codes(sum, row < learned ? codes + row * d : own + (row - learned) * d, values[t], d);
        }
        const float norm = squares(sum, d);
        if (norm <= 0) continue;
        const float scale = 1.0f / sqrtf(norm);
        for (int64_t j = 0; j < d; j++) sum[j] *= scale;
    }
}

/* out[i] (n, d) = codes[rows[i]] * scales[rows[i]]; a negative row counts from the end of the `learned` ones. */
API void static_decoded(const int8_t *codes, const float *scales, int64_t learned, const int64_t *rows, int64_t n,
                        int64_t d, float *out) {
    for (int64_t i = 0; i < n; i++) {
        const int64_t row = rows[i] >= 0 ? rows[i] : rows[i] + learned;
        const int8_t *restrict word = codes + row * d;
        float *restrict vector = out + i * d;
        for (int64_t j = 0; j < d; j++) vector[j] = (float)word[j] * scales[row];
    }
}
