/* A whole run of a transformer's encoder over several texts, one after the other without padding (Devlin et al.: BERT,
   2019): weights of 8 bits, everything between in single precision. */
#include "transformer.h"

#define LEAST_VARIANCE 1e-12f

/* Rows of weights (rows, columns) of -64..64 as products take them; sums[r] is the sum of row r. */
API void transformer_packed(const int8_t *weights, int64_t rows, int64_t columns, uint8_t *packed, int32_t *sums) {
    for (int64_t row = 0; row < rows; row++) {
        uint8_t *panel = packed + row / PANEL * PANEL * columns + row % PANEL * GROUP;
        sums[row] = 0;
        for (int64_t k = 0; k < columns; k++) {
            panel[k / GROUP * PANEL * GROUP + k % GROUP] = (uint8_t)(weights[row * columns + k] + MIDDLE);
            sums[row] += weights[row * columns + k];
        }
    }
}

/* out (width,) = x + y, of mean 0 and variance 1, times norm[0] plus norm[1] (Ba, Kiros, Hinton: Layer Normalization,
   2016). */
static void normalised(const float *x, const float *y, const float *norm, int64_t width, float *out) {
    lanes sum = {0}, squares = {0};
    for (int64_t j = 0; j < width; j += LANES)
        for (int r = 0; r < REGISTERS; r++) {
            const int64_t at = j + r * REGISTER;
            const floats value = floats_at(x + at) + floats_at(y + at);
            floats_to(out + at, value);
            sum.part[r] += value;
        }
    const float mean = lanes_total(sum) / (float)width;
    for (int64_t j = 0; j < width; j += LANES)
        for (int r = 0; r < REGISTERS; r++) {
            const floats value = floats_at(out + j + r * REGISTER) - mean;
            squares.part[r] += value * value;
        }
    const float scale = 1.0f / sqrtf(lanes_total(squares) / (float)width + LEAST_VARIANCE);
    for (int64_t j = 0; j < width; j += REGISTER) {
        const floats value = (floats_at(out + j) - mean) * scale;
        floats_to(out + j, value * floats_at(norm + j) + floats_at(norm + width + j));
    }
}

/* x (n, width) = the embeddings of `ids` (n,) at their places in texts that end at `bounds`. sides (n,) are 0 or 1 and
   choose a row of `segments` (2, width). */
API void transformer_embedded(const int32_t *ids, const uint8_t *sides, const int64_t *bounds, int64_t texts,
                              const int8_t *codes, const float *scales, const float *positions, const float *segments,
                              const float *norm, int64_t width, float *x) {
    for (int64_t i = 0; i < texts; i++)
        for (int64_t t = bounds[i]; t < bounds[i + 1]; t++) {
            const int8_t *code = codes + (int64_t)ids[t] * width;
            const float *place = positions + (t - bounds[i]) * width, *side = segments + sides[t] * width;
            const float scale = scales[ids[t]];
            float *row = x + t * width;
            for (int64_t j = 0; j < width; j++) row[j] = (float)code[j] * scale + place[j];
            normalised(row, side, norm, width, row);
        }
}

/* The next layer of weights; `packed` and `numbers` move on behind it. */
static linear next_linear(const uint8_t **packed, const float **numbers, int64_t rows, int64_t columns) {
    const linear layer = {*packed, *numbers, *numbers + rows, *numbers + 2 * rows, rows, columns};
    *packed += rows * columns;
    *numbers += 3 * rows;
    return layer;
}

/* x (n, width), what `transformer_embedded` gives, becomes the states after all layers of n tokens in texts that end at
   `bounds`. `packed` has the weights of every layer (queries with keys and values, output, up, down), `numbers` their
   scales, sums and biases, and after output and down a norm (2, width).

   Room: wide (n, the greater of 3 width and inner), narrow (n, width), codes (n, the greater of width and inner),
   sums (n,), scales (2, n), attention (2 width / heads + 8, the longest text
   rounded up to 16). */
API void transformer_run(const uint8_t *packed, const float *numbers, int64_t layers, int64_t width, int64_t inner,
                         int64_t heads, const int64_t *bounds, int64_t texts, float *x, float *wide, float *narrow,
                         int8_t *codes, int32_t *sums, float *scales, float *attention) {
    const int64_t n = bounds[texts] - bounds[0];
    const activations in = {codes, sums, scales, scales + n};
    for (int64_t i = 0; i < layers; i++) {
        const linear qkv = next_linear(&packed, &numbers, 3 * width, width);
        const linear output = next_linear(&packed, &numbers, width, width);
        const float *first_norm = numbers;
        numbers += 2 * width;
        const linear up = next_linear(&packed, &numbers, inner, width);
        const linear down = next_linear(&packed, &numbers, width, inner);
        const float *second_norm = numbers;
        numbers += 2 * width;
        transformer_quantised(x, n, width, &in);
        transformer_product(&qkv, &in, n, 0, wide);
        for (int64_t text = 0; text < texts; text++) {
            const int64_t at = bounds[text] - bounds[0];
            transformer_attention(wide + at * 3 * width, bounds[text + 1] - bounds[text], width, heads, attention,
                                  narrow + at * width);
        }
        transformer_quantised(narrow, n, width, &in);
        transformer_product(&output, &in, n, 0, narrow);
        for (int64_t t = 0; t < n; t++)
            normalised(x + t * width, narrow + t * width, first_norm, width, x + t * width);
        transformer_quantised(x, n, width, &in);
        transformer_product(&up, &in, n, 1, wide);
        transformer_quantised(wide, n, inner, &in);
        transformer_product(&down, &in, n, 0, narrow);
        for (int64_t t = 0; t < n; t++)
            normalised(x + t * width, narrow + t * width, second_norm, width, x + t * width);
    }
}

/* out (texts, width) = the mean of each text's states x (n, width); zeros for a text without any. */
API void transformer_means(const float *x, const int64_t *bounds, int64_t texts, int64_t width, float *out) {
    for (int64_t i = 0; i < texts; i++) {
        float *mean = out + i * width;
        const int64_t n = bounds[i + 1] - bounds[i];
        for (int64_t j = 0; j < width; j++) mean[j] = 0;
        for (int64_t t = bounds[i]; t < bounds[i + 1]; t++)
            for (int64_t j = 0; j < width; j++) mean[j] += x[t * width + j];
        const float share = n ? 1.0f / (float)n : 0.0f;
        for (int64_t j = 0; j < width; j++) mean[j] *= share;
    }
}

/* out (n, rows) = x (n, width) times weights (rows, width), plus bias (rows,). */
API void transformer_projected(const float *x, int64_t n, int64_t width, const float *weights, const float *bias,
                               int64_t rows, float *out) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t row = 0; row < rows; row++) {
            lanes sum = {0};
            for (int64_t j = 0; j < width; j += LANES)
                lanes_add(&sum, lanes_at(x + i * width + j), lanes_at(weights + row * width + j));
            out[i * rows + row] = lanes_total(sum) + bias[row];
        }
}

/* Rows x (n, width) scaled to length 1; zeros stay zeros. */
API void transformer_units(float *x, int64_t n, int64_t width) {
    for (int64_t i = 0; i < n; i++) {
        float *row = x + i * width, sum[LANES] = {0};
        for (int64_t j = 0; j < width; j++) sum[j % LANES] += row[j] * row[j];
        const float square = lanes_sum(sum), scale = square > 0 ? 1.0f / sqrtf(square) : 0.0f;
        for (int64_t j = 0; j < width; j++) row[j] *= scale;
    }
}
