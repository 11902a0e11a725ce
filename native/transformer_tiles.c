/* Products of 8-bit rows on AMX, where processor and system have it: whole sums of 32 tokens times 32 rows at once.

   The weights lie as tiles take them: 16 groups of four columns of one panel are a tile. Sums are the whole numbers that
   every other way gives. */
#define _GNU_SOURCE
#include "transformer_tiles.h"

#if defined(__AVX512VNNI__) && defined(__linux__) && defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TILED __attribute__((target("amx-tile,amx-int8")))
#define REQUEST 0x1023 /* ARCH_REQ_XCOMP_PERM */
#define TILE_DATA 18   /* the part of a thread's state that holds tiles */
#define LINE 64        /* bytes of a tile's row */
#define ROWS 16

static int asked(void) {
    uint32_t a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d >> 24 & 3) != 3) return 0; /* AMX-TILE, AMX-INT8 */
    return syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0;
}

/* Whether this process may use tiles; it is asked for once. */
int transformer_has_tiles(void) {
    static int state; /* 0 not asked yet, 1 yes, 2 no: threads that ask at once hear the same */
    int known = __atomic_load_n(&state, __ATOMIC_RELAXED);
    if (!known) {
        known = asked() ? 1 : 2;
        __atomic_store_n(&state, known, __ATOMIC_RELAXED);
    }
    return known == 1;
}

/* Tiles 0 to 3: sums; 4 and 5: the first 16 tokens and those after; 6 and 7: two panels of weights. */
TILED void transformer_tiles_begin(int64_t tokens) {
    struct {
        uint8_t palette, start, unused[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } shapes = {.palette = 1};
    const uint8_t first = tokens < ROWS ? (uint8_t)tokens : ROWS, rest = (uint8_t)(tokens - first);
    const uint8_t rows[8] = {first, first, rest, rest, first, rest, ROWS, ROWS};
    for (int i = 0; i < 8; i++) {
        shapes.rows[i] = rows[i];
        shapes.bytes[i] = rows[i] ? LINE : 0;
    }
    __asm__ volatile("" : : "r"(&shapes) : "memory"); /* all of it is read */
    _tile_loadconfig(&shapes);
}

TILED void transformer_tiles_end(void) { _tile_release(); }

TILED static void of_few(const uint8_t *packed, int64_t columns, const int8_t *codes, int32_t *out) {
    _tile_zero(0);
    _tile_zero(1);
    for (int64_t k = 0; k < columns; k += LINE) {
        _tile_loadd(4, codes + k, columns);
        _tile_loadd(6, packed + k * PANEL, LINE);
        _tile_dpbsud(0, 4, 6);
        _tile_loadd(7, packed + (columns + k) * PANEL, LINE);
        _tile_dpbsud(1, 4, 7);
    }
    _tile_stored(0, out, 2 * LINE);
    _tile_stored(1, out + PANEL, 2 * LINE);
}

TILED void transformer_tiles_sums(const uint8_t *packed, int64_t columns, const int8_t *codes, int64_t tokens,
                                  int32_t *out) {
    if (tokens <= ROWS) {
        of_few(packed, columns, codes, out);
        return;
    }
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int64_t k = 0; k < columns; k += LINE) {
        _tile_loadd(6, packed + k * PANEL, LINE);
        _tile_loadd(4, codes + k, columns);
        _tile_dpbsud(0, 4, 6);
        _tile_loadd(5, codes + ROWS * columns + k, columns);
        _tile_dpbsud(2, 5, 6);
        _tile_loadd(7, packed + (columns + k) * PANEL, LINE);
        _tile_dpbsud(1, 4, 7);
        _tile_dpbsud(3, 5, 7);
    }
    _tile_stored(0, out, 2 * LINE);
    _tile_stored(1, out + PANEL, 2 * LINE);
    _tile_stored(2, out + 2 * ROWS * PANEL, 2 * LINE);
    _tile_stored(3, out + 2 * ROWS * PANEL + PANEL, 2 * LINE);
}
#else
int transformer_has_tiles(void) { return 0; }
void transformer_tiles_begin(int64_t tokens) { (void)tokens; }
void transformer_tiles_end(void) {}
void transformer_tiles_sums(const uint8_t *packed, int64_t columns, const int8_t *codes, int64_t tokens, int32_t *out) {
    (void)packed, (void)columns, (void)codes, (void)tokens, (void)out;
}
#endif
