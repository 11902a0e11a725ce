/* The best rows so far as ascending keys: one 64-bit number a row that sorts by score and then by row. The lowest bit
   is free. Rows are kept as their distance from LAST, so that of equal scores the lower row is the better. */
#ifndef BROADSHEET_KEYS_H
#define BROADSHEET_KEYS_H

#include "kernels.h"

#define EMPTY (INT64_MIN + 1) /* a place without a row: below any key, its lowest bit set; also in indexes/_keys.py */
#define LAST INT64_C(0x7FFFFFFF)

static inline int64_t key_of(float score, int64_t row) {
    int32_t word;
    memcpy(&word, &score, sizeof word);
    const int64_t bits = word;
    return (int64_t)(((uint64_t)(bits ^ ((bits >> 31) & LAST)) << 32) | ((uint64_t)(LAST - row) << 1));
}

static inline int64_t row_of(int64_t key) { return LAST - ((key & INT64_C(0xFFFFFFFF)) >> 1); }

static inline float score_of(int64_t key) {
    const int64_t bits = key >> 32;
    const int32_t word = (int32_t)(bits ^ ((bits >> 31) & LAST));
    float score;
    memcpy(&score, &word, sizeof score);
    return score;
}

/* Put a key greater than the least into `size` ascending keys, which goes; the place it took. A search by halves and a
   move of what is worse. */
static inline int64_t put(int64_t *keys, int64_t size, int64_t key) {
    int64_t low = 0;
    while (size > 1) {
        const int64_t half = size >> 1;
        low += half * (keys[low + half - 1] < key);
        size -= half;
    }
    const int64_t at = low + (keys[low] < key) - 1;
    memmove(keys, keys + 1, (size_t)at * sizeof *keys);
    keys[at] = key;
    return at;
}

void keys_best_of(const float *scores, const int64_t *rows, int64_t n, int64_t k, int64_t *keys);
int64_t keys_opened(const int64_t *keys, int64_t k, int64_t *rows, float *scores);

#endif
