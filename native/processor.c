/* Which build of the kernels this processor can run. */
#include "kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>

static uint64_t enabled_registers(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
}

static int32_t level(void) {
    uint32_t a, b, c, d, features, extended;
    if (!__get_cpuid(1, &a, &b, &features, &d)) return 0;
    const uint32_t first = 1u << 1 | 1u << 12 | 1u << 22 | 1u << 23; /* PCLMULQDQ FMA MOVBE POPCNT */
    const uint32_t wide = 1u << 27 | 1u << 28 | 1u << 29;            /* OSXSAVE AVX F16C */
    if ((features & (first | wide)) != (first | wide) || (enabled_registers() & 6) != 6) return 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    const uint32_t second = 1u << 3 | 1u << 5 | 1u << 8; /* BMI1 AVX2 BMI2 */
    if ((b & second) != second) return 0;
    if (!__get_cpuid(0x80000001, &a, &d, &extended, &d) || !(extended >> 5 & 1)) return 0; /* LZCNT */
    const uint32_t third = 1u << 16 | 1u << 17 | 1u << 21 | 1u << 28 | 1u << 30 | 1u << 31; /* F DQ IFMA CD BW VL */
    const uint32_t fourth = 1u << 1 | 1u << 11 | 1u << 12 | 1u << 14;                       /* VBMI VNNI BITALG VPOPCNTDQ */
    if ((b & third) != third || (c & fourth) != fourth || (enabled_registers() & 0xe6) != 0xe6) return 1;
    return 2;
}
#else
static int32_t level(void) { return 0; }
#endif

/* 0: any processor; 1: AVX2 with FMA, BMI and F16C (2013 on); 2: AVX-512 with VPOPCNTDQ, BITALG, VNNI, VBMI, IFMA. */
API int32_t processor_level(void) { return level(); }
