/* The random rotation: components with their signs are dealt out to parts of a row, every part goes through a Hadamard
   transform. */
#include "codes.h"

/* Of a transform, when rows of `size` components are split into as few equal ones as can be. */
static int64_t width_of(int64_t size) { return size & -size; }

/* The sums of neighbours, then their differences: one and the same round for every bit of a place. */
static void butterflies(const float *restrict x, float *restrict out, int64_t width) {
    const int64_t half = width >> 1;
    for (int64_t j = 0; j < half; j++) {
        const float even = x[2 * j], odd = x[2 * j + 1];
        out[j] = even + odd;
        out[half + j] = even - odd;
    }
}

/* Multiply every part of n rows of x (n, D) by the Hadamard matrix of Sylvester, in place; `other` has room for a part.

   A round transforms the lowest bit of every place and makes it the highest, so after all of them bits are where they
   were; unlike butterflies in place, each round is one loop that runs in vector registers. */
API void rotation_hadamard(float *x, int64_t n, int64_t size, float *other) {
    const int64_t width = width_of(size);
    for (int64_t first = 0; first < n * size; first += width) {
        float *part = x + first;
        int64_t left = width;
        for (; left > 2; left >>= 2) {
            butterflies(part, other, width);
            butterflies(other, part, width);
        }
        if (left == 2) {
            butterflies(part, other, width);
            memcpy(part, other, (size_t)width * sizeof *part);
        }
    }
}

/* n vectors of d components rotated at random into out (n, D); `signs` has D = `size`, `other` room for a part. */
API void rotation_turned(const float *vectors, int64_t n, int64_t d, const float *signs, int64_t size, float *out,
                         float *other) {
    const int64_t parts = size / width_of(size), width = width_of(size);
    memset(out, 0, (size_t)(n * size) * sizeof *out);
    for (int64_t i = 0; i < n; i++)
        for (int64_t part = 0; part < parts; part++) {
            float *row = out + i * size + part * width;
            const float *from = vectors + i * d;
            const int64_t count = d > part ? (d - part + parts - 1) / parts : 0;
            for (int64_t j = 0; j < count; j++) row[j] = from[j * parts + part] * signs[j * parts + part];
        }
    rotation_hadamard(out, n, size, other);
}

/* `turned` for one vector; 1, and nothing done, if it is not finite. */
API int64_t rotation_turned_query(const float *query, int64_t d, const float *signs, int64_t size, float *out,
                                  float *other) {
    int32_t wrong = 0;
    for (int64_t j = 0; j < d; j++) wrong |= !(fabsf(query[j]) <= 3.4028234663852886e38f);
    if (wrong) return 1;
    rotation_turned(query, 1, d, signs, size, out, other);
    return 0;
}
