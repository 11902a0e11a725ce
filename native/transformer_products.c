/* Products of 8-bit rows with 8-bit weights, and the numbers they stand for.

   Dot products of 8-bit numbers on the instructions there are for them: tiles (AMX) or VNNI on avx512, pairs summed in
   16 bits and then in 32 on avx2 and before (Bhandare et al.: Efficient 8-Bit Quantization of Transformer Neural Machine
   Language Translation Model, 2019). A tile of tokens times a few panels of weights stays in registers. */
#include "transformer.h"
#include "transformer_tiles.h"

#if defined(__AVX512VNNI__)
#define TOKENS 12 /* of a tile */
#define PANELS 2  /* of a tile */

#define TILE(T, P)                                                                                                  \
    static void tile_##T##_##P(const uint8_t *packed, int64_t columns, const int8_t *codes, int32_t *out) {         \
        __m512i sum[T][P];                                                                                          \
        for (int t = 0; t < T; t++)                                                                                 \
            for (int p = 0; p < P; p++) sum[t][p] = _mm512_setzero_si512();                                         \
        for (int64_t k = 0; k < columns; k += GROUP) {                                                              \
            __m512i weights[P];                                                                                     \
            for (int p = 0; p < P; p++) weights[p] = _mm512_loadu_si512(packed + (p * columns + k) * PANEL);        \
            _Pragma("GCC unroll 12") for (int t = 0; t < T; t++) {                                                  \
                int32_t four;                                                                                       \
                memcpy(&four, codes + t * columns + k, sizeof four);                                                \
                const __m512i repeated = _mm512_set1_epi32(four);                                                   \
                _Pragma("GCC unroll 2") for (int p = 0; p < P; p++) sum[t][p] =                                     \
                    _mm512_dpbusd_epi32(sum[t][p], weights[p], repeated);                                           \
            }                                                                                                       \
        }                                                                                                           \
        for (int t = 0; t < T; t++)                                                                                 \
            for (int p = 0; p < P; p++) _mm512_storeu_si512(out + (t * P + p) * PANEL, sum[t][p]);                  \
    }
#elif defined(__AVX2__)
#define TOKENS 4
#define PANELS 1

#define TILE(T, P)                                                                                                  \
    static void tile_##T##_##P(const uint8_t *packed, int64_t columns, const int8_t *codes, int32_t *out) {         \
        __m256i sum[T][2];                                                                                          \
        const __m256i ones = _mm256_set1_epi16(1);                                                                  \
        for (int t = 0; t < T; t++) sum[t][0] = sum[t][1] = _mm256_setzero_si256();                                 \
        for (int64_t k = 0; k < columns; k += GROUP) {                                                              \
            const __m256i low = _mm256_loadu_si256((const __m256i *)(packed + k * PANEL));                          \
            const __m256i high = _mm256_loadu_si256((const __m256i *)(packed + k * PANEL + 32));                    \
            _Pragma("GCC unroll 4") for (int t = 0; t < T; t++) {                                                   \
                int32_t four;                                                                                       \
                memcpy(&four, codes + t * columns + k, sizeof four);                                                \
                const __m256i repeated = _mm256_set1_epi32(four);                                                   \
                sum[t][0] = _mm256_add_epi32(sum[t][0], _mm256_madd_epi16(_mm256_maddubs_epi16(low, repeated), ones)); \
                sum[t][1] = _mm256_add_epi32(sum[t][1], _mm256_madd_epi16(_mm256_maddubs_epi16(high, repeated), ones)); \
            }                                                                                                       \
        }                                                                                                           \
        for (int t = 0; t < T; t++)                                                                                 \
            for (int half = 0; half < 2; half++)                                                                    \
                _mm256_storeu_si256((__m256i *)(out + t * PANEL + 8 * half), sum[t][half]);                         \
    }
#elif defined(__SSE2__)
#include <emmintrin.h>
#define TOKENS 1
#define PANELS 1

/* Every sum is in two parts until the end: columns 0 and 1, columns 2 and 3 of each group. */
#define TILE(T, P)                                                                                                  \
    static void tile_##T##_##P(const uint8_t *packed, int64_t columns, const int8_t *codes, int32_t *out) {         \
        __m128i sum[8];                                                                                             \
        const __m128i zero = _mm_setzero_si128();                                                                   \
        for (int i = 0; i < 8; i++) sum[i] = zero;                                                                  \
        for (int64_t k = 0; k < columns; k += GROUP) {                                                              \
            int32_t four;                                                                                           \
            memcpy(&four, codes + k, sizeof four);                                                                  \
            __m128i wide = _mm_cvtsi32_si128(four);                                                                 \
            wide = _mm_srai_epi16(_mm_unpacklo_epi8(wide, wide), 8);                                                \
            const __m128i repeated = _mm_unpacklo_epi64(wide, wide);                                                \
            for (int i = 0; i < 4; i++) {                                                                           \
                const __m128i weights = _mm_loadu_si128((const __m128i *)(packed + k * PANEL + 16 * i));            \
                const __m128i low = _mm_unpacklo_epi8(weights, zero), high = _mm_unpackhi_epi8(weights, zero);      \
                sum[2 * i] = _mm_add_epi32(sum[2 * i], _mm_madd_epi16(low, repeated));                              \
                sum[2 * i + 1] = _mm_add_epi32(sum[2 * i + 1], _mm_madd_epi16(high, repeated));                     \
            }                                                                                                       \
        }                                                                                                           \
        int32_t parts[32];                                                                                          \
        memcpy(parts, sum, sizeof parts);                                                                           \
        for (int r = 0; r < PANEL; r++) out[r] = parts[2 * r] + parts[2 * r + 1];                                   \
    }
#else
#define TOKENS 1
#define PANELS 1

#define TILE(T, P)                                                                                                  \
    static void tile_##T##_##P(const uint8_t *packed, int64_t columns, const int8_t *codes, int32_t *out) {         \
        int32_t sum[PANEL] = {0};                                                                                   \
        for (int64_t k = 0; k < columns; k += GROUP)                                                                \
            for (int r = 0; r < PANEL; r++)                                                                         \
                for (int i = 0; i < GROUP; i++) sum[r] += packed[k * PANEL + r * GROUP + i] * codes[k + i];         \
        memcpy(out, sum, sizeof sum);                                                                               \
    }
#endif

typedef void tile_function(const uint8_t *packed, int64_t columns, const int8_t *codes, int32_t *out);

/* out (tokens, panels, PANEL), whole numbers. */
#if TOKENS == 12
TILE(1, 1) TILE(2, 1) TILE(3, 1) TILE(4, 1) TILE(5, 1) TILE(6, 1) TILE(7, 1) TILE(8, 1) TILE(9, 1) TILE(10, 1)
TILE(11, 1) TILE(12, 1)
TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(5, 2) TILE(6, 2) TILE(7, 2) TILE(8, 2) TILE(9, 2) TILE(10, 2)
TILE(11, 2) TILE(12, 2)
static tile_function *const TILES[PANELS][TOKENS] = {
    {tile_1_1, tile_2_1, tile_3_1, tile_4_1, tile_5_1, tile_6_1, tile_7_1, tile_8_1, tile_9_1, tile_10_1, tile_11_1,
     tile_12_1},
    {tile_1_2, tile_2_2, tile_3_2, tile_4_2, tile_5_2, tile_6_2, tile_7_2, tile_8_2, tile_9_2, tile_10_2, tile_11_2,
     tile_12_2}};
#elif TOKENS == 4
TILE(1, 1) TILE(2, 1) TILE(3, 1) TILE(4, 1)
static tile_function *const TILES[PANELS][TOKENS] = {{tile_1_1, tile_2_1, tile_3_1, tile_4_1}};
#else
TILE(1, 1)
static tile_function *const TILES[PANELS][TOKENS] = {{tile_1_1}};
#endif

/* x Phi(x), to 4e-5: Phi - 1/2 is x times a polynomial of x**2, fitted by least squares over |x| <= 4.3 and constant
   beyond. */
ALWAYS floats gelu(floats x) {
    static const float terms[] = {3.98802042e-1f, -6.61555082e-2f, 9.6950978e-3f,   -1.07137149e-3f, 8.71152588e-5f,
                                  -5.0059416e-6f, 1.90211495e-7f,  -4.24862856e-9f, 4.19699275e-11f};
    const int count = sizeof terms / sizeof *terms;
    const floats near = least(greatest(x, all_of(-4.3f)), all_of(4.3f)), square = near * near;
    floats value = all_of(terms[count - 1]);
    _Pragma("GCC unroll 8") for (int i = count - 2; i >= 0; i--) value = value * square + terms[i];
    return x * (near * value + 0.5f);
}

/* The numbers that whole sums of one panel stand for. */
ALWAYS void panel_out(const linear *layer, const activations *in, int64_t token, int64_t row, const int32_t *whole,
                      int with_gelu, float *out) {
    const float scale = in->scales[token], middle = in->middles[token];
    const int32_t added = MIDDLE * in->sums[token];
    for (int r = 0; r < REGISTERS; r++) {
        const int64_t at = row + r * REGISTER;
        ints sum;
        memcpy(&sum, whole + r * REGISTER, sizeof sum);
        const floats value = __builtin_convertvector(sum - added, floats);
        const floats apart = floats_at(layer->sums + at) * middle + floats_at(layer->bias + at);
        const floats y = value * (floats_at(layer->scales + at) * scale) + apart;
        floats_to(out + r * REGISTER, with_gelu ? gelu(y) : y);
    }
}

/* The numbers that whole sums (tokens, panels, PANEL) of some panels from `row` on stand for. */
ALWAYS void panels_out(const linear *layer, const activations *in, int64_t first, int64_t tokens, int64_t row,
                       int64_t panels, const int32_t *whole, int with_gelu, float *out) {
    for (int64_t t = 0; t < tokens; t++)
        for (int64_t p = 0; p < panels; p++) {
            const int64_t at = row + p * PANEL;
            panel_out(layer, in, first + t, at, whole + (t * panels + p) * PANEL, with_gelu,
                      out + (first + t) * layer->rows + at);
        }
}

static void sums_out(const linear *layer, const activations *in, int64_t first, int64_t tokens, int64_t row,
                     int64_t panels, const int32_t *whole, int with_gelu, float *out) {
    if (with_gelu)
        panels_out(layer, in, first, tokens, row, panels, whole, 1, out);
    else
        panels_out(layer, in, first, tokens, row, panels, whole, 0, out);
}

/* `transformer_product` on tiles: two panels times 32 tokens at a time, and last those that are left. */
static void tiled_product(const linear *layer, const activations *in, int64_t n, int with_gelu, float *out) {
    _Alignas(64) int32_t whole[TILED_TOKENS * 2 * PANEL];
    const int64_t columns = layer->columns;
    int64_t begun = 0;
    for (int64_t row = 0; row < layer->rows; row += 2 * PANEL)
        for (int64_t first = 0; first < n; first += TILED_TOKENS) {
            const int64_t tokens = min64(TILED_TOKENS, n - first);
            if (tokens != begun) transformer_tiles_begin(begun = tokens);
            transformer_tiles_sums(layer->packed + row * columns, columns, in->codes + first * columns, tokens, whole);
            sums_out(layer, in, first, tokens, row, 2, whole, with_gelu, out);
        }
    transformer_tiles_end();
}

/* out (n, rows) of a layer. A few panels of weights at a time, over all tokens. */
void transformer_product(const linear *layer, const activations *in, int64_t n, int with_gelu, float *out) {
    _Alignas(64) int32_t whole[TOKENS * PANELS * PANEL];
    const int64_t rows = layer->rows, columns = layer->columns, tiles = (n + TOKENS - 1) / TOKENS;
    if (columns % TILED_COLUMNS == 0 && rows % (2 * PANEL) == 0 && transformer_has_tiles()) {
        tiled_product(layer, in, n, with_gelu, out);
        return;
    }
    for (int64_t row = 0; row < rows; row += PANELS * PANEL) {
        const int64_t panels = min64(PANELS, (rows - row) / PANEL);
        for (int64_t i = 0; i < tiles; i++) {
            const int64_t first = n * i / tiles, count = n * (i + 1) / tiles - first;
            TILES[panels - 1][count - 1](layer->packed + row * columns, columns, in->codes + first * columns, whole);
            sums_out(layer, in, first, count, row, panels, whole, with_gelu, out);
        }
    }
}

/* Whole numbers of -127..127 in the low bytes of `value`, LANES of them, as bytes. */
ALWAYS void bytes_to(int8_t *to, const ints *value) {
#if defined(__AVX512F__)
    _mm_storeu_si128((__m128i *)to, _mm512_cvtepi32_epi8((__m512i)value[0]));
#elif defined(__AVX2__)
    const __m256i pairs = _mm256_packs_epi32((__m256i)value[0], (__m256i)value[1]);
    const __m256i ordered = _mm256_permute4x64_epi64(pairs, 0xD8);
    _mm_storeu_si128((__m128i *)to,
                     _mm_packs_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1)));
#else
    for (int r = 0; r < REGISTERS; r++)
        for (int i = 0; i < REGISTER; i++) to[r * REGISTER + i] = (int8_t)value[r][i];
#endif
}

/* Each of n rows x (n, columns) in 254 steps between its least and its greatest number. */
void transformer_quantised(const float *x, int64_t n, int64_t columns, const activations *out) {
    for (int64_t t = 0; t < n; t++) {
        const float *row = x + t * columns;
        floats low = floats_at(row), high = low;
        for (int64_t j = REGISTER; j < columns; j += REGISTER) {
            low = least(low, floats_at(row + j));
            high = greatest(high, floats_at(row + j));
        }
        float bottom = low[0], top = high[0];
        for (int i = 1; i < REGISTER; i++) {
            bottom = low[i] < bottom ? low[i] : bottom;
            top = high[i] > top ? high[i] : top;
        }
        const float middle = (bottom + top) * 0.5f, step = (top - bottom) * (1.0f / 254);
        const float inverse = step > 1e-30f ? 1.0f / step : 0.0f;
        ints sums = {0};
        for (int64_t j = 0; j < columns; j += LANES) {
            ints whole[REGISTERS];
            for (int r = 0; r < REGISTERS; r++) {
                floats value = (floats_at(row + j + r * REGISTER) - middle) * inverse;
                value = least(greatest(value, all_of(-127.0f)), all_of(127.0f)) + ROUNDING;
                memcpy(&whole[r], &value, sizeof value);
                whole[r] -= ROUNDING_BITS;
                sums += whole[r];
            }
            bytes_to(out->codes + t * columns + j, whole);
        }
        int32_t total = 0;
        for (int i = 0; i < REGISTER; i++) total += sums[i];
        out->sums[t] = total;
        out->scales[t] = step;
        out->middles[t] = middle;
    }
}
