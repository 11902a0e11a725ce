/* The checksum of a file's arrays: CRC-32 as zlib has it, many times faster where the processor multiplies without
   carries (the builds avx2 and avx512). */
#include "kernels.h"

#if defined(__PCLMUL__)
#include <immintrin.h>

/* A message is folded into 128 bits with the same remainder: x**n mod P for what is moved n bits ahead, reflected. */
static __m128i folded(__m128i high, __m128i low, __m128i powers) {
    return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(high, powers, 0x00), _mm_clmulepi64_si128(high, powers, 0x11)),
                         low);
}

static __m128i block(const uint8_t *data) { return _mm_loadu_si128((const __m128i *)data); }

/* The 16 bytes whose sum, begun from nothing, is that of the first n bytes (a multiple of 64) begun from `sum`. */
static void fold(const uint8_t *data, int64_t n, uint32_t sum, uint8_t *rest) {
    const __m128i by_four = _mm_set_epi64x(0x1C6E41596, 0x154442BD4), by_one = _mm_set_epi64x(0x0CCAA009E, 0x1751997D0);
    __m128i lane[4];
    for (int i = 0; i < 4; i++) lane[i] = block(data + 16 * i);
    lane[0] = _mm_xor_si128(lane[0], _mm_cvtsi32_si128((int32_t)sum));
    for (int64_t at = 64; at < n; at += 64)
        for (int i = 0; i < 4; i++) lane[i] = folded(lane[i], block(data + at + 16 * i), by_four);
    for (int i = 1; i < 4; i++) lane[i] = folded(lane[i - 1], lane[i], by_one);
    _mm_storeu_si128((__m128i *)rest, lane[3]);
}
#endif

/* Byte by byte: `table` has the remainder of each. */
static uint32_t plain(const uint8_t *data, int64_t n, uint32_t sum, const uint32_t *table) {
    for (int64_t i = 0; i < n; i++) sum = (sum >> 8) ^ table[(sum ^ data[i]) & 255];
    return sum;
}

API uint32_t artifacts_crc32(const uint8_t *data, int64_t n) {
    uint32_t table[256], sum = 0xFFFFFFFFu;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++) table[i] = (table[i] >> 1) ^ (table[i] & 1 ? 0xEDB88320u : 0);
    }
    int64_t done = 0;
#if defined(__PCLMUL__)
    if (n >= 64) {
        uint8_t rest[16];
        done = n / 64 * 64;
        fold(data, done, sum, rest);
        sum = plain(rest, 16, 0, table);
    }
#endif
    return ~plain(data + done, n - done, sum, table);
}
