/* The best k of many scores under a mask, in one pass, on a min-heap. */
#include "kernels.h"

#define RUN 64 /* rows looked at together */

typedef struct {
    float *scores;
    int64_t *ids;
    int64_t size, k;
} Heap;

/* The top of the heap is the first to go: the least score and, among equal scores, the highest row. A new row is higher
   than all before it. */

/* Move entries that outlast it from above place `at` down to make room for the score of a new row; the place. */
static int64_t risen(Heap heap, int64_t at, float score) {
    while (at > 0) {
        const int64_t parent = (at - 1) >> 1;
        if (heap.scores[parent] < score) break;
        heap.scores[at] = heap.scores[parent];
        heap.ids[at] = heap.ids[parent];
        at = parent;
    }
    return at;
}

/* Drop the top and move entries up to make room for the score of a new row; the place. */
static int64_t sunk(Heap heap, float score) {
    int64_t at = 0;
    for (int64_t child; (child = 2 * at + 1) < heap.k; at = child) {
        const int64_t other = child + 1;
        if (other < heap.k &&
            (heap.scores[other] < heap.scores[child] ||
             (heap.scores[other] == heap.scores[child] && heap.ids[other] > heap.ids[child])))
            child = other;
        if (heap.scores[child] >= score) break;
        heap.scores[at] = heap.scores[child];
        heap.ids[at] = heap.ids[child];
    }
    return at;
}

/* Whether one of the scores first .. last - 1 may stay; counted without a branch, in vector registers. */
static int any_above(const float *scores, int64_t first, int64_t last, float least) {
    int32_t above = 0;
    for (int64_t row = first; row < last; row++) above += scores[row] > least;
    return above > 0;
}

/* Keep the k greatest of n scores above `floor` among the rows whose bit is set in `words` (`masked`) in a min-heap; on
   a tie the lower row stays. Returns how many there are. */
API int64_t select_best(const float *scores, int64_t n, const uint64_t *words, int64_t masked, double floor, int64_t *ids,
                        float *best, int64_t k) {
    Heap heap = {best, ids, 0, k};
    for (int64_t first = 0; first < n; first += RUN) {
        const int64_t last = min64(first + RUN, n);
        if (heap.size == k && !any_above(scores, first, last, best[0])) continue; /* as for most runs */
        for (int64_t row = first; row < last; row++) {
            const float score = scores[row];
            if (score <= floor || (heap.size == k && score <= best[0])) continue;
            if (masked && !((words[row >> 6] >> (row & 63)) & 1)) continue;
            const int64_t at = heap.size < k ? risen(heap, heap.size++, score) : sunk(heap, score);
            best[at] = score;
            ids[at] = row;
        }
    }
    return heap.size;
}
