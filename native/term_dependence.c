/* Words of a query that stand together in a document. */
#include "kernels.h"

typedef struct {
    const float *weights;   /* (m,) of the query's terms */
    const uint8_t *follows; /* (m, m): which term follows which in the query */
    int32_t *tally;         /* (m,): how often each is in the stretch */
    uint8_t *met;           /* (m, m): which neighbours the document has */
    int64_t m, stretch;
    float pairs, best; /* of the document */
} Query;

/* One field of a document: its n words as positions among the query's terms, -1 for another. */
static void read_field(Query *query, const int32_t *inside, int64_t n) {
    float current = 0;
    for (int64_t t = 0; t < n; t++) {
        const int32_t q = inside[t], gone = t >= query->stretch ? inside[t - query->stretch] : -1;
        if (gone >= 0 && --query->tally[gone] == 0) current -= query->weights[gone]; /* it leaves the stretch */
        if (q < 0) continue;
        if (query->tally[q]++ == 0) current += query->weights[q];
        if (current > query->best) query->best = current;
        const int32_t before = t > 0 ? inside[t - 1] : -1;
        if (before < 0) continue;
        const int64_t pair = before * query->m + q;
        if (query->follows[pair] && !query->met[pair]) {
            query->met[pair] = 1;
            query->pairs += query->weights[q] < query->weights[before] ? query->weights[q] : query->weights[before];
        }
    }
}

/* For each of n documents the summed weights of the query's neighbours that it has in order, and the greatest sum of
   weights of different terms within `stretch` words of a field: out (n, 2). `tally` (m,) and `met` (m, m) are scratch. */
API void term_dependence_dependence(const int32_t *inside, const int64_t *bounds, int64_t n, int64_t fields,
                                    const float *weights, const uint8_t *follows, int64_t m, int64_t stretch,
                                    int32_t *tally, uint8_t *met, float *out) {
    Query query = {weights, follows, tally, met, m, stretch, 0, 0};
    for (int64_t i = 0; i < n; i++) {
        memset(met, 0, (size_t)(m * m));
        query.pairs = query.best = 0;
        for (int64_t cell = i * fields; cell < (i + 1) * fields; cell++) {
            memset(tally, 0, (size_t)m * sizeof *tally);
            read_field(&query, inside + bounds[cell], bounds[cell + 1] - bounds[cell]);
        }
        out[2 * i] = query.pairs;
        out[2 * i + 1] = query.best;
    }
}
