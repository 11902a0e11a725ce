/* Kernels of the map: stochastic gradient descent on positions in the plane.

   A paper is drawn to its near papers and pushed from papers drawn at random, by the noise-contrastive loss: with
   q = 1 / (1 + d²) a pair is near with probability q / (q + noise). */
#include "kernels.h"

#define LIMIT 4.0f /* of a step in either direction, before the rate */

static inline float held(float step) { return step > LIMIT ? LIMIT : step < -LIMIT ? -LIMIT : step; }

/* The next number of a sequence that its state determines; xorshift. */
static inline uint64_t drawn(uint64_t *state) {
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

/* One round over the heads in the given order. Head h is row rows[h] of `map` (n, 2), and near (heads, k) has its near
   rows, -1 for none. A row whose flag in `fixed` is set never moves. `state` is not zero. */
API void layout_round(float *map, int64_t n, const int64_t *rows, const int32_t *near, int64_t k, const int64_t *order,
                      int64_t heads, const uint8_t *fixed, int64_t pushes, double noise, double rate,
                      uint64_t *state) {
    const float c = (float)noise, step = (float)rate;
    for (int64_t at = 0; at < heads; at++) {
        const int64_t head = order[at], i = rows[head];
        float x = map[2 * i], y = map[2 * i + 1];
        const float pulled = fixed[i] ? 0 : step;
        for (int64_t e = 0; e < k; e++) {
            const int64_t j = near[head * k + e];
            if (j < 0 || j >= n || j == i) continue;
            float dx = x - map[2 * j], dy = y - map[2 * j + 1];
            float q = 1 / (1 + dx * dx + dy * dy);
            float slope = 2 * q * c / (q + c);
            const float pull_x = held(slope * dx), pull_y = held(slope * dy);
            x -= pulled * pull_x;
            y -= pulled * pull_y;
            if (!fixed[j]) {
                map[2 * j] += step * pull_x;
                map[2 * j + 1] += step * pull_y;
            }
            for (int64_t push = 0; push < pushes; push++) {
                const int64_t other = (int64_t)(((drawn(state) >> 32) * (uint64_t)n) >> 32);
                if (other == i) continue;
                dx = x - map[2 * other];
                dy = y - map[2 * other + 1];
                q = 1 / (1 + dx * dx + dy * dy);
                slope = 2 * q * q / (q + c);
                x += pulled * held(slope * dx);
                y += pulled * held(slope * dy);
            }
        }
        map[2 * i] = x;
        map[2 * i + 1] = y;
    }
}
