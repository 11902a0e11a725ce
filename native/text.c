/* Words of texts: hashing every token of a batch, and numbering the distinct ones. */
#include "kernels.h"

#define FNV_OFFSET 0xCBF29CE484222325u
#define FNV_PRIME 0x100000001B3u
#define MAX_WORD 64 /* bytes; also in kit/text.py */

/* Hash every run of word bytes (ASCII letters folded to lower case) of n texts that end at `ends`. Returns the number
   of tokens. */
API int64_t text_scan(const uint8_t *data, const int64_t *ends, int64_t n, uint64_t *terms, int64_t *stops,
                      int64_t *lengths, int64_t *bounds) {
    int64_t count = 0, position = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t value = FNV_OFFSET;
        int64_t length = 0;
        for (int64_t j = position; j <= ends[i]; j++) {
            uint8_t byte = j < ends[i] ? data[j] : 32;
            if (byte >= 'A' && byte <= 'Z') byte += 32;
            if (byte >= 128 || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9')) {
                if (length < MAX_WORD) value = (value ^ byte) * FNV_PRIME;
                length++;
            } else if (length) {
                terms[count] = value;
                lengths[count] = length;
                stops[count++] = j;
                value = FNV_OFFSET;
                length = 0;
            }
        }
        position = ends[i];
        bounds[i + 1] = count;
    }
    return count;
}

static uint64_t place_of(uint64_t value, const uint64_t *keys, const int32_t *values, uint64_t mask) {
    uint64_t at = (value ^ (value >> 29)) & mask;
    while (values[at] >= 0 && keys[at] != value) at = (at + 1) & mask;
    return at;
}

/* Number the n terms in order of first appearance: `first` gets where each appears, slots[t] its number. keys and
   values (filled with -1) are an open-addressing table of `size` places, a power of two. state[0] terms are numbered,
   state[1] of them distinct; once the table is half full it returns, to be called again with a larger one. */
API void text_distinct(const uint64_t *terms, int64_t n, int64_t *first, int32_t *slots, uint64_t *keys,
                       int32_t *values, int64_t size, int64_t *state) {
    const uint64_t mask = (uint64_t)size - 1;
    int64_t t = state[0], distinct = state[1];
    for (int64_t d = 0; d < distinct; d++) {
        const uint64_t value = terms[first[d]], at = place_of(value, keys, values, mask);
        keys[at] = value;
        values[at] = (int32_t)d;
    }
    for (; t < n && 2 * distinct < size; t++) {
        const uint64_t value = terms[t], at = place_of(value, keys, values, mask);
        if (values[at] < 0) {
            keys[at] = value;
            values[at] = (int32_t)distinct;
            first[distinct++] = t;
        }
        slots[t] = values[at];
    }
    state[0] = t;
    state[1] = distinct;
}
