/* Sentence roles: the features of sentences, and the sums over all labellings of a chain of them. */
#include "kernels.h"

static inline int64_t bucket(uint64_t value, int64_t buckets) {
    value *= 0xFF51AFD7ED558CCDu;
    return (int64_t)((value ^ (value >> 33)) % (uint64_t)buckets);
}

/* Words, pairs, the neighbours' words and the extra features (sentences, extras) of every sentence of n papers, each
   feature once a sentence: sentence s has the terms stops[s] .. stops[s + 1] - 1. `seen` is one a bucket, filled with
   -1. Returns how many. */
API int64_t sentence_roles_columns(const uint64_t *terms, const int64_t *stops, const int64_t *bounds, int64_t n,
                                   int64_t buckets, const uint8_t *extra, int64_t extras, const uint64_t *salts,
                                   int64_t *seen, int64_t *indptr, int32_t *columns) {
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t s = bounds[i]; s < bounds[i + 1]; s++) {
            for (int kind = 0; kind < 4; kind++) {
                const int64_t at = kind == 2 ? s - 1 : kind == 3 ? s + 1 : s;
                if (at < bounds[i] || at >= bounds[i + 1]) continue;
                for (int64_t t = stops[at]; t < stops[at + 1]; t++) {
                    uint64_t value = terms[t];
                    if (kind == 1) /* the last word has none after it, and is a pair with nothing */
                        value = (value * salts[1]) ^ (t + 1 < stops[at + 1] ? terms[t + 1] : salts[0]);
                    const int64_t column = bucket(value ^ salts[kind], buckets);
                    if (seen[column] == s) continue;
                    seen[column] = s;
                    columns[count++] = (int32_t)column;
                }
            }
            for (int64_t j = 0; j < extras; j++)
                if (extra[s * extras + j]) columns[count++] = (int32_t)(buckets + j);
            indptr[s + 1] = count;
        }
    return count;
}

/* Sentence t of a chain: its local chances (the greatest allowed being 1) and the chances of what lies ahead of it;
   `previous` is that of the sentence before, NULL for the first. Returns what it adds to the log of the sum. */
static double step_ahead(const double *scores, const uint8_t *allowed, const double *previous, const double *step,
                         int64_t roles, double *local, double *ahead) {
    double top = -INFINITY, norm = 0;
    for (int64_t b = 0; b < roles; b++)
        if (allowed[b] && scores[b] > top) top = scores[b];
    for (int64_t b = 0; b < roles; b++) {
        local[b] = allowed[b] ? exp(scores[b] - top) : 0;
        double before = previous ? 0 : 1;
        for (int64_t a = 0; previous && a < roles; a++) before += previous[a] * step[a * roles + b];
        ahead[b] = before * local[b];
        norm += ahead[b];
    }
    for (int64_t b = 0; b < roles; b++) ahead[b] /= norm;
    return log(norm) + top;
}

static void normalise(double *values, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += values[i];
    for (int64_t i = 0; i < n; i++) values[i] /= sum;
}

/* The chances of what lies behind a sentence, given the local chances and `behind` of the next; adds to `pairs`. */
static void step_back(const double *ahead, const double *local_next, const double *behind_next, const double *step,
                      int64_t roles, double *behind, double *joint, double *pairs) {
    double whole = 0;
    for (int64_t a = 0; a < roles; a++) {
        behind[a] = 0;
        for (int64_t b = 0; b < roles; b++) {
            const double onward = step[a * roles + b] * local_next[b] * behind_next[b];
            joint[a * roles + b] = ahead[a] * onward;
            behind[a] += onward;
            whole += joint[a * roles + b];
        }
    }
    normalise(behind, roles);
    for (int64_t i = 0; i < roles * roles; i++) pairs[i] += joint[i] / whole;
}

/* The log of the sum, over all allowed labellings of all n chains, of exp(scores + transitions). Fills marginals
   (sentences, r) and pairs (r, r), given as 0; local, ahead and behind (sentences, r), step and joint (r, r) are
   scratch, behind filled with 1. */
API double sentence_roles_forward_backward(const double *scores, const int64_t *bounds, int64_t n,
                                           const double *transitions, const uint8_t *allowed, int64_t roles,
                                           double *local, double *ahead, double *behind, double *step, double *joint,
                                           double *marginals, double *pairs) {
    double total = 0;
    for (int64_t i = 0; i < roles * roles; i++) step[i] = exp(transitions[i]);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t t = bounds[i]; t < bounds[i + 1]; t++) {
            const double *previous = t > bounds[i] ? ahead + (t - 1) * roles : NULL;
            total += step_ahead(scores + t * roles, allowed + t * roles, previous, step, roles, local + t * roles,
                                ahead + t * roles);
        }
        for (int64_t t = bounds[i + 1] - 1; t >= bounds[i]; t--) {
            double *own = behind + t * roles;
            if (t + 1 < bounds[i + 1])
                step_back(ahead + t * roles, local + (t + 1) * roles, own + roles, step, roles, own, joint, pairs);
            for (int64_t b = 0; b < roles; b++) marginals[t * roles + b] = ahead[t * roles + b] * own[b];
            normalise(marginals + t * roles, roles);
        }
    }
    return total;
}
