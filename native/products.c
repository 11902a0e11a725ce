/* Products of many rows with a matrix, each row's the same whoever it is multiplied with and on any processor. */
#include "lanes.h"

#define ROWS 4 /* at once: as many as a stretch of the matrix is read for */

/* out[i, c .. c + LANES] of `rows` rows: every element is added up in the order of the matrix's rows. */
static inline __attribute__((always_inline)) void stretch(const float *x, const float *matrix, int64_t d, int64_t m,
                                                          int rows, float *out) {
    lanes sums[ROWS] = {{{{0}}}};
    for (int64_t j = 0; j < d; j++) {
        const lanes line = lanes_at(matrix + j * m);
        for (int i = 0; i < rows; i++) {
            const float value = x[i * d + j];
            for (int r = 0; r < REGISTERS; r++) sums[i].part[r] += value * line.part[r];
        }
    }
    for (int i = 0; i < rows; i++) memcpy(out + i * m, &sums[i], sizeof sums[i]);
}

/* out (n, m) = x (n, d) times the matrix (d, m). */
API void products_by_rows(const float *x, int64_t n, int64_t d, const float *matrix, int64_t m, float *out) {
    const int64_t whole = m - m % LANES;
    for (int64_t c = 0; c < whole; c += LANES) {
        int64_t i = 0;
        for (; i + ROWS <= n; i += ROWS) stretch(x + i * d, matrix + c, d, m, ROWS, out + i * m + c);
        for (; i < n; i++) stretch(x + i * d, matrix + c, d, m, 1, out + i * m + c);
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = whole; c < m; c++) {
            float sum = 0;
            for (int64_t j = 0; j < d; j++) sum += x[i * d + j] * matrix[j * m + c];
            out[i * m + c] = sum;
        }
}

/* The same of doubles. */
API void products_by_rows_of_doubles(const double *x, int64_t n, int64_t d, const double *matrix, int64_t m,
                                     double *restrict out) {
    memset(out, 0, (size_t)(n * m) * sizeof *out);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++)
            for (int64_t c = 0; c < m; c++) out[i * m + c] += x[i * d + j] * matrix[j * m + c];
}
