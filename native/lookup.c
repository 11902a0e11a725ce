/* A table from 32-bit keys to their positions, with 2 ** bits places; a place without a key has the position -1. */
#include "kernels.h"

#define MIX 0x9E3779B1u /* Knuth's multiplier, the golden ratio of 32 bits */

/* Where a key is held, or would be. */
static inline uint32_t place_of(uint32_t key, const uint32_t *held, const int32_t *places, int64_t bits) {
    const uint32_t mask = (uint32_t)((1ull << bits) - 1);
    uint32_t at = (key * MIX) >> (32 - bits);
    while (places[at] >= 0 && held[at] != key) at = (at + 1) & mask;
    return at;
}

/* Hold n keys; of equal ones the first. */
API void lookup_fill(const uint32_t *keys, int64_t n, uint32_t *held, int32_t *places, int64_t bits) {
    for (int64_t i = 0; i < n; i++) {
        const uint32_t at = place_of(keys[i], held, places, bits);
        if (places[at] >= 0) continue;
        held[at] = keys[i];
        places[at] = (int32_t)i;
    }
}

/* The position of each of n wanted keys, -1 where it is none. */
API void lookup_find(const uint32_t *wanted, int64_t n, const uint32_t *held, const int32_t *places, int64_t bits,
                     int32_t *out) {
    for (int64_t i = 0; i < n; i++) out[i] = places[place_of(wanted[i], held, places, bits)];
}

/* Of n texts keep the words whose place is none (-1) or from `first` on: which they are, their places counted from
   `first`, and where each text ends. Returns how many. */
API int64_t lookup_sift(const int64_t *bounds, int64_t n, const int32_t *places, int32_t first, int64_t *kept,
                        int32_t *found, int64_t *ends) {
    int64_t at = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t t = bounds[i]; t < bounds[i + 1]; t++) {
            if (places[t] >= 0 && places[t] < first) continue;
            kept[at] = t;
            found[at++] = places[t] < 0 ? -1 : places[t] - first;
        }
        ends[i + 1] = at;
    }
    return at;
}

/* Turn n places, -1 for none, into positions among the distinct ones, which go to `used`; `slots` is one a place,
   filled with -1. Returns how many. */
API int64_t lookup_compacted(int32_t *places, int64_t n, int32_t *slots, int64_t *used) {
    int64_t count = 0;
    for (int64_t t = 0; t < n; t++) {
        const int32_t place = places[t];
        if (place < 0) continue;
        if (slots[place] < 0) {
            slots[place] = (int32_t)count;
            used[count++] = place;
        }
        places[t] = slots[place];
    }
    return count;
}
