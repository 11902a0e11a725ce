/* Contrastive training of word vectors: views of papers, their sums and gradients, and Adam's steps. */
#include "kernels.h"

#define KEYWORDS 2 /* kinds of segments: 0 a title, 1 a sentence, 2 keywords; also in encoders/_contrastive.py */

/* Two views of each of n chosen papers as bags of log(1 + tf), views one first: of each, the segment parts[i] (and, where
   second[i], the next sentence too) and the rest; -1 is the whole text. Word w of those drawn is left out where
   lost[w]; `tally` is one a word of the vocabulary, filled with 0. Returns the number of entries. */
API int64_t contrastive_views(const int64_t *chosen, int64_t n, const int64_t *parts, const uint8_t *second,
                              const uint8_t *lost, const int32_t *words, const int64_t *bounds, const int8_t *kinds,
                              const int64_t *papers, int32_t *tally, int64_t *rows, float *values, int64_t *indptr) {
    int64_t total = 0, drawn = 0;
    for (int64_t bag = 0; bag < 2 * n; bag++) {
        const int64_t i = bag % n, side = bag / n, first = papers[chosen[i]], start = total;
        for (int64_t s = first; s < papers[chosen[i] + 1]; s++) {
            const int after = s == parts[i] + 1 && second[i] && kinds[s] == 1 && s > first + 1;
            const int picked = parts[i] >= 0 && (s == parts[i] || after);
            if (picked != (side == 0) || (kinds[s] == KEYWORDS && !picked)) continue;
            for (int64_t t = bounds[s]; t < bounds[s + 1]; t++) {
                const int32_t word = words[t];
                if (word < 0 || lost[drawn++]) continue;
                if (tally[word]++ == 0) rows[total++] = word;
            }
        }
        for (int64_t e = start; e < total; e++) {
            values[e] = logf((float)(1 + tally[rows[e]]));
            tally[rows[e]] = 0;
        }
        indptr[bag + 1] = total;
    }
    return total;
}

static inline void add_scaled(float *restrict out, const float *restrict x, float value, int64_t d) {
    for (int64_t j = 0; j < d; j++) out[j] += value * x[j];
}

/* out[i] (n, d) += the weighted sum of the word vectors of bag i. */
API void contrastive_sums(const int64_t *indptr, int64_t n, const int64_t *rows, const float *values,
                          const float *weights, int64_t d, float *out) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t t = indptr[i]; t < indptr[i + 1]; t++) add_scaled(out + i * d, weights + rows[t] * d, values[t], d);
}

/* out[row] += value * gradient of its bag: the transpose of `contrastive_sums`; the rows are marked in `touched`. */
API void contrastive_scatter(const int64_t *indptr, int64_t n, const int64_t *rows, const float *values,
                             const float *gradients, int64_t d, float *out, uint8_t *touched) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t t = indptr[i]; t < indptr[i + 1]; t++) {
            touched[rows[t]] = 1;
            add_scaled(out + rows[t] * d, gradients + i * d, values[t], d);
        }
}

/* A step of Adam on d weights; without a gradient (`held` 0) it counts as 0. */
static inline void adam_row(float *restrict weights, float *restrict gradient, float *restrict mean,
                            float *restrict square, int held, float scale, int64_t d) {
    const float b1 = 0.9f, b2 = 0.99f;
    for (int64_t j = 0; j < d; j++) {
        const float g = held ? gradient[j] : 0.0f;
        mean[j] = b1 * mean[j] + (1 - b1) * g;
        square[j] = b2 * square[j] + (1 - b2) * g * g;
        weights[j] -= scale * mean[j] / (sqrtf(square[j]) + 1e-8f);
        if (held) gradient[j] = 0;
    }
}

/* One step of Adam (Kingma and Ba 2015, algorithm 1) on every one of n rows; `scale` is the rate with both corrections.
   The gradient and `touched` are cleared. */
API void contrastive_adam(float *weights, float *gradient, float *mean, float *square, uint8_t *touched, int64_t n,
                          int64_t d, float scale) {
    for (int64_t r = 0; r < n; r++) {
        const int64_t at = r * d;
        if (touched[r])
            adam_row(weights + at, gradient + at, mean + at, square + at, 1, scale, d);
        else
            adam_row(weights + at, gradient + at, mean + at, square + at, 0, scale, d);
        touched[r] = 0;
    }
}
