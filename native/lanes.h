/* LANES floats at once, in as few registers as this build has for them: what sums of floats are added up in.

   Lane l of a sum holds the elements l, l + LANES, l + 2 LANES, …; the end of an array that fills no lanes is taken as
   if zeros followed. The loops over lanes are written so that compilers make one instruction of them. */
#ifndef BROADSHEET_LANES_H
#define BROADSHEET_LANES_H

#include "kernels.h"

#if defined(__AVX512F__)
#define REGISTER 16 /* floats */
#elif defined(__AVX__)
#define REGISTER 8
#else
#define REGISTER 4
#endif
#define REGISTERS (LANES / REGISTER)

typedef float floats __attribute__((vector_size(4 * REGISTER)));
typedef int32_t ints __attribute__((vector_size(4 * REGISTER)));
typedef struct {
    floats part[REGISTERS];
} lanes;

static inline __attribute__((always_inline)) lanes lanes_at(const float *from) {
    lanes found;
    for (int r = 0; r < REGISTERS; r++) memcpy(&found.part[r], from + r * REGISTER, sizeof(floats));
    return found;
}

static inline __attribute__((always_inline)) lanes lanes_of_bytes(const int8_t *from) {
    lanes found;
    for (int r = 0; r < REGISTERS; r++) {
        ints whole;
        for (int i = 0; i < REGISTER; i++) whole[i] = from[r * REGISTER + i];
        found.part[r] = __builtin_convertvector(whole, floats);
    }
    return found;
}

/* The last `count` < LANES, then zeros. */
static inline lanes lanes_end(const float *from, int64_t count) {
    float whole[LANES] = {0};
    for (int64_t i = 0; i < count; i++) whole[i] = from[i];
    return lanes_at(whole);
}

static inline lanes lanes_end_of_bytes(const int8_t *from, int64_t count) {
    float whole[LANES] = {0};
    for (int64_t i = 0; i < count; i++) whole[i] = (float)from[i];
    return lanes_at(whole);
}

/* sum += a * b */
static inline __attribute__((always_inline)) void lanes_add(lanes *sum, lanes a, lanes b) {
    for (int r = 0; r < REGISTERS; r++) sum->part[r] += a.part[r] * b.part[r];
}

static inline float lanes_total(lanes sum) {
    float whole[LANES];
    memcpy(whole, &sum, sizeof whole);
    return lanes_sum(whole);
}

#endif
