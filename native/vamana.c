/* Kernels of the one-layer graph: the walk from neighbour to neighbour, the pruning of neighbours, and the building.

   All of it works on the codes of scan.py: a sign bit and 8 bits for each of D rotated components. A walk is told by
   what to multiply an integer inner product of codes: by the scales it is the inner product of vectors, and by one over
   the lengths of the codes the cosine, in which the graph is built. */
#include "codes.h"
#include "fine.h"
#include "keys.h"
#include "signs.h"

#define LINKS_A_LINE 16 /* links that come from memory at once */

/* The keys of the best rows seen on a walk from `entry`, ascending; `beam` of them, the first ones empty if few.

   An integer inner product times a row's weight is its score; `spread` is the slope of estimates and the margin. Greedy
   search (the paper's algorithm 1): the best row not visited yet is visited, until the beam holds visited rows only. A
   neighbour's codes are read only if its estimate from sign bits, slope (15 D / 2 - cost), may lie within the margin of
   the worst score in the beam; neighbours that are read are asked for from memory together. `seen` has room for n bits,
   near for degree + 1. */
API void vamana_walked(const uint64_t *bits, const int8_t *codes, const float *weights, int64_t n, int64_t d,
                       const int32_t *links, int64_t degree, const int16_t *query, const uint64_t *planes,
                       const double *spread, int64_t entry, int64_t beam, int64_t *keys, uint64_t *seen,
                       int64_t *near) {
    const int64_t width = d >> 6;
    const float slope = (float)spread[0];
    const float middle = slope * (float)(QUERY_LEVELS * 32 * width) + (float)spread[1];
    memset(seen, 0, (size_t)((n + 63) >> 6) * sizeof *seen);
    for (int64_t i = 0; i < beam; i++) keys[i] = EMPTY;
    near[0] = entry;
    seen[entry >> 6] |= UINT64_C(1) << (entry & 63);
    int64_t count = 1, best = 0;
    for (;;) {
        if (keys[0] != EMPTY) {
            /* of estimated rows those that may enter the beam; no branch, because half of them would be mispredicted */
            const float worst = score_of(keys[0]);
            int64_t kept = 0;
            for (int64_t i = 0; i < count; i++) {
                const int64_t row = near[i];
                near[kept] = row;
                kept += middle - slope * (float)(int64_t)differing(bits + row * width, planes, width) > worst;
            }
            count = kept;
        }
        for (int64_t i = 0; i < count; i++) {
            fetched(codes + near[i] * d, d);
            prefetch(weights + near[i]);
        }
        for (int64_t i = 0; i < count; i++) {
            const int64_t row = near[i];
            const int64_t key = key_of((float)inner(codes + row * d, query, d) * weights[row], row);
            if (key <= keys[0]) continue;
            best = max64(best, put(keys, beam, key));
            for (int64_t at = 0; at < degree; at += LINKS_A_LINE) prefetch(links + row * degree + at);
        }
        while (best >= 0 && keys[best] & 1) best--;
        if (best < 0) return;
        const int32_t *next = links + row_of(keys[best]) * degree;
        keys[best] |= 1;
        count = 0;
        for (int64_t i = 0; i < degree && next[i] >= 0; i++) {
            const int64_t row = next[i];
            near[count] = row;
            count += !bit_of(seen, row);
            seen[row >> 6] |= UINT64_C(1) << (row & 63);
            prefetch(bits + row * width);
        }
    }
}

/* The k best of a walk, best first, at 12 bits a component, of those a mask allows unless it has no words: how many, -1
   if the query (d,) is not finite. `certain` standard deviations of the estimate are allowed for before a row is passed
   over. `places` has room for beam + degree + 1 + `wanted`, how many are told apart at 12 bits, + k, `flags` for n bits
   and 4 D / 64 words more, floats for 2 D + `wanted`, steps for D. */
API int64_t vamana_searched(const uint64_t *bits, const int8_t *codes, const float *scales, const uint8_t *fine,
                            int64_t half, int64_t n, int64_t d, const int32_t *links, int64_t degree,
                            const float *query, int64_t dimensions, const float *signs, int64_t entry, int64_t beam,
                            double certain, const uint64_t *words, int64_t n_words, int64_t k, int64_t wanted,
                            int64_t *places, uint64_t *flags, float *reals, int16_t *steps, int64_t *found,
                            float *scores) {
    int64_t *keys = places, *near = keys + beam, *rows = near + degree + 1, *best = rows + wanted;
    uint64_t *planes = flags, *seen = flags + (QUERY_BITS * d >> 6);
    float *turned = reals, *values = turned + 2 * d;
    if (rotation_turned_query(query, dimensions, signs, d, turned, turned + d)) return -1;
    codes_quantised(turned, d, steps);
    double spread[2];
    codes_planes_of(steps, d, planes, spread);
    spread[1] *= certain;
    vamana_walked(bits, codes, scales, n, d, links, degree, steps, planes, spread, entry, beam, keys, seen, near);
    int64_t size = 0;
    for (int64_t i = beam - 1; i >= 0 && size < wanted && keys[i] != EMPTY; i--) {
        rows[size] = row_of(keys[i]);
        size += n_words ? bit_of(words, rows[size]) : 1;
    }
    return fine_finest(codes, scales, fine, half, turned, d, rows, size, k, values, best, found, scores);
}

/* RobustPrune (the paper's algorithm 2): how many of n candidates, nearest first, were put into `kept`, which has room
   for `degree`. Squared distances of candidates, ascending. One is dropped when a kept one is nearer to it than the
   vertex is, by a factor alpha; `stretch` is alpha squared. `query` has room for D. */
API int64_t vamana_pruned(const int8_t *codes, const float *inverse, int64_t d, const int64_t *candidates,
                          const float *distances, int64_t n, double stretch, int64_t degree, int64_t *kept,
                          float *kept_distances, int16_t *query) {
    int64_t count = 0;
    for (int64_t i = 0; i < n && count < degree; i++) {
        const int64_t row = candidates[i];
        for (int64_t j = 0; j < d; j++) query[j] = codes[row * d + j];
        int near = 0;
        for (int64_t k = 0; k < count && !near; k++) {
            const float cosine = (float)inner(codes + kept[k] * d, query, d) * inverse[kept[k]] * inverse[row];
            near = stretch * (2 - 2 * (double)cosine) <= (double)distances[i];
        }
        if (near) continue;
        kept[count] = row;
        kept_distances[count++] = distances[i];
    }
    return count;
}

/* A graph as it is built. A list of links may outgrow the degree by a half before it is pruned. */
typedef struct {
    const int8_t *codes;
    const float *inverse;
    int64_t d, degree, room;
    double stretch;
    int32_t *links; /* (n, room) */
    float *far;     /* (n, room) their squared distances */
    int64_t *counts;
    int64_t *kept; /* (degree,) */
    float *kept_far;
    int64_t *rows; /* (beam + room + 1,) */
    float *distances;
    int16_t *query; /* (D,) */
} graph;

/* Put a row into the list of `size` rows by distance; the new size. */
static int64_t sorted_in(const graph *g, int64_t size, int64_t row, float distance) {
    int64_t at = size;
    for (; at > 0 && g->distances[at - 1] > distance; at--) {
        g->rows[at] = g->rows[at - 1];
        g->distances[at] = g->distances[at - 1];
    }
    g->rows[at] = row;
    g->distances[at] = distance;
    return size + 1;
}

/* Make what is left of the list of `size` rows the links of p. */
static void links_pruned(const graph *g, int64_t p, int64_t size) {
    const int64_t count = vamana_pruned(g->codes, g->inverse, g->d, g->rows, g->distances, size, g->stretch, g->degree,
                                        g->kept, g->kept_far, g->query);
    for (int64_t i = 0; i < g->room; i++) g->links[p * g->room + i] = i < count ? (int32_t)g->kept[i] : -1;
    memcpy(g->far + p * g->room, g->kept_far, (size_t)count * sizeof *g->far);
    g->counts[p] = count;
}

/* The links of p by distance; how many. */
static int64_t links_sorted(const graph *g, int64_t p) {
    int64_t size = 0;
    for (int64_t i = 0; i < g->counts[p]; i++)
        size = sorted_in(g, size, g->links[p * g->room + i], g->far[p * g->room + i]);
    return size;
}

/* Link every neighbour of p to p, pruning the links of those that have no room. */
static void linked_back(const graph *g, int64_t p) {
    for (int64_t i = 0; i < g->counts[p]; i++) {
        const int64_t r = g->links[p * g->room + i];
        const float distance = g->far[p * g->room + i];
        int32_t *own = g->links + r * g->room;
        int linked = 0;
        for (int64_t j = 0; j < g->room; j++) linked |= own[j] == p;
        if (linked) continue;
        if (g->counts[r] < g->room) {
            own[g->counts[r]] = (int32_t)p;
            g->far[r * g->room + g->counts[r]++] = distance;
        } else {
            links_pruned(g, r, sorted_in(g, links_sorted(g, r), p, distance));
        }
    }
}

/* Links (n, room) of the graph, at most `degree` of a row and -1 after them: the rows put in in `order`, walks from
   order[0]. `inverse` is one over the lengths of the codes, `spread` the standard deviations of an estimate that are
   allowed for. Lists that are too long in the end are pruned then. The scratch: far (n, room), counts (n,), `seen` n
   bits and 4 D / 64 words more, steps 2 D, places and reals 2 beam + 2 room + degree + 2. */
API void vamana_built(const uint64_t *bits, const int8_t *codes, const float *inverse, int64_t n, int64_t d,
                      const int64_t *order, int64_t degree, int64_t room, int64_t beam, double alpha, double certain,
                      int32_t *links, float *far, int64_t *counts, uint64_t *flags, int16_t *steps, int64_t *places,
                      float *reals) {
    int64_t *keys = places, *near = keys + beam;
    uint64_t *planes = flags, *seen = flags + (QUERY_BITS * d >> 6);
    graph g = {codes, inverse, d, degree, room, alpha * alpha, links, far, counts, near + room + 1, reals, 0, 0, steps};
    g.rows = g.kept + degree;
    g.distances = g.kept_far + degree;
    int16_t *query = steps + d;
    for (int64_t i = 0; i < n * room; i++) links[i] = -1;
    memset(counts, 0, (size_t)n * sizeof *counts);
    for (int64_t at = 1; at < n; at++) {
        const int64_t p = order[at];
        for (int64_t j = 0; j < d; j++) query[j] = codes[p * d + j];
        double spread[2];
        codes_planes_of(query, d, planes, spread);
        spread[1] *= certain;
        vamana_walked(bits, codes, inverse, n, d, links, room, query, planes, spread, order[0], beam, keys, seen, near);
        int64_t size = 0;
        for (int64_t i = beam - 1; i >= 0; i--) {
            if (keys[i] == EMPTY) continue;
            g.rows[size] = row_of(keys[i]);
            g.distances[size++] = (float)(2 - 2 * (double)score_of(keys[i]) * (double)inverse[p]);
        }
        links_pruned(&g, p, size);
        linked_back(&g, p);
    }
    for (int64_t p = 0; p < n; p++)
        if (counts[p] > degree) links_pruned(&g, p, links_sorted(&g, p));
}
