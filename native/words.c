/* Words of texts: the stretch of a text that a snippet shows, and the words that a slip of typing may mean. */
#include "kernels.h"

/* The position in `at` (n ascending places of hits) from which `size` tokens hold most different words; `hits` are the
   words there, `inside` is one a word, filled with 0. */
API int64_t words_window(const int64_t *at, const int64_t *hits, int64_t n, int64_t size, int64_t *inside) {
    int64_t best = 0, best_count = 0, count = 0, stop = 0;
    for (int64_t first = 0; first < n; first++) {
        for (; stop < n && at[stop] < at[first] + size; stop++) count += inside[hits[stop]]++ == 0;
        if (count > best_count) {
            best = first;
            best_count = count;
        }
        count -= --inside[hits[first]] == 0;
    }
    return best;
}

#define LONGEST_WORD 24 /* letters; also in pipeline/index/words.py */
#define EDIT 4          /* the cost of one letter too many, missing or wrong; also in pipeline/index/words.py */
#define SLIP 3          /* of two letters swapped, one doubled or not, or the next key */
#define FIRST 2         /* added where the first letter changes */

/* For every letter, the letters beside it on a keyboard (QWERTY), as bits. */
#define KEYS2(a, b) (1u << ((a) - 'a') | 1u << ((b) - 'a'))
#define KEYS4(a, b, c, d) (KEYS2(a, b) | KEYS2(c, d))
static const uint32_t beside[26] = {
    KEYS4('q', 'w', 's', 'z'),                      /* a */
    KEYS4('v', 'g', 'h', 'n'),                      /* b */
    KEYS4('x', 'd', 'f', 'v'),                      /* c */
    KEYS4('s', 'e', 'r', 'f') | KEYS2('c', 'x'),    /* d */
    KEYS4('w', 's', 'd', 'r'),                      /* e */
    KEYS4('d', 'r', 't', 'g') | KEYS2('v', 'c'),    /* f */
    KEYS4('f', 't', 'y', 'h') | KEYS2('b', 'v'),    /* g */
    KEYS4('g', 'y', 'u', 'j') | KEYS2('n', 'b'),    /* h */
    KEYS4('u', 'j', 'k', 'o'),                      /* i */
    KEYS4('h', 'u', 'i', 'k') | KEYS2('m', 'n'),    /* j */
    KEYS4('j', 'i', 'o', 'l') | KEYS2('m', 'l'),    /* k */
    KEYS4('k', 'o', 'p', 'k'),                      /* l */
    KEYS4('n', 'j', 'k', 'n'),                      /* m */
    KEYS4('b', 'h', 'j', 'm'),                      /* n */
    KEYS4('i', 'k', 'l', 'p'),                      /* o */
    KEYS2('o', 'l'),                                /* p */
    KEYS2('w', 'a'),                                /* q */
    KEYS4('e', 'd', 'f', 't'),                      /* r */
    KEYS4('a', 'w', 'e', 'd') | KEYS2('x', 'z'),    /* s */
    KEYS4('r', 'f', 'g', 'y'),                      /* t */
    KEYS4('y', 'h', 'j', 'i'),                      /* u */
    KEYS4('c', 'f', 'g', 'b'),                      /* v */
    KEYS4('q', 'a', 's', 'e'),                      /* w */
    KEYS4('z', 's', 'd', 'c'),                      /* x */
    KEYS4('t', 'g', 'h', 'u'),                      /* y */
    KEYS4('a', 's', 'x', 's'),                      /* z */
};

/* The cost of turning `typed` (m letters) into `word` (n letters), m and n at most LONGEST_WORD; any number above `most`
   once it exceeds that. */
static int64_t edit_cost(const uint8_t *typed, int64_t m, const uint8_t *word, int64_t n, int64_t most) {
    int32_t rows[3][LONGEST_WORD + 1];
    int32_t *two_above = rows[0], *above = rows[1], *row = rows[2];
    above[0] = 0;
    for (int64_t j = 1; j <= n; j++) {
        above[j] = above[j - 1] + (j > 1 && word[j - 1] == word[j - 2] ? SLIP : EDIT) + (j == 1 ? FIRST : 0);
    }
    for (int64_t i = 1; i <= m; i++) {
        const uint8_t letter = typed[i - 1];
        const int32_t dropping = i > 1 && letter == typed[i - 2] ? SLIP : EDIT;
        int32_t least = row[0] = above[0] + dropping + (i == 1 ? FIRST : 0);
        for (int64_t j = 1; j <= n; j++) {
            const uint8_t wanted = word[j - 1];
            int32_t change = 0;
            if (letter != wanted) change = (beside[letter - 'a'] >> (wanted - 'a') & 1) ? SLIP : EDIT;
            if (change && i == 1 && j == 1) change += FIRST;
            int32_t best = above[j - 1] + change;
            const int32_t dropped = above[j] + dropping;
            const int32_t added = row[j - 1] + (j > 1 && wanted == word[j - 2] ? SLIP : EDIT);
            if (dropped < best) best = dropped;
            if (added < best) best = added;
            if (i > 1 && j > 1 && letter == word[j - 2] && typed[i - 2] == wanted && letter != wanted) {
                const int32_t swapped = two_above[j - 2] + SLIP + (i == 2 && j == 2 ? FIRST : 0);
                if (swapped < best) best = swapped;
            }
            row[j] = best;
            if (best < least) least = best;
        }
        if (least > most + SLIP) return least;
        int32_t *oldest = two_above;
        two_above = above;
        above = row;
        row = oldest;
    }
    return above[n];
}

/* The words (letters a to z; word w is letters[bounds[w]] to before bounds[w + 1]) from `first` to before `last` that
   `typed` may mean: at most `most` away. `signatures` have a bit for every letter in a word, and `differing` letters at
   most are in one of both only. Fills `near` and `costs`, at most `capacity`; returns how many there are. */
API int64_t words_near(const uint8_t *letters, const int32_t *bounds, const uint32_t *signatures, int64_t first,
                       int64_t last, const uint8_t *typed, int64_t length, uint32_t signature, int64_t differing,
                       int64_t most, int64_t *near, int64_t *costs, int64_t capacity) {
    int64_t count = 0;
    for (int64_t w = first; w < last; w++) {
        const uint32_t other = signatures[w];
        if ((int64_t)popcount(signature & ~other) > differing || (int64_t)popcount(other & ~signature) > differing)
            continue;
        const int64_t cost =
            edit_cost(typed, length, letters + bounds[w], bounds[w + 1] - bounds[w], most);
        if (cost > most) continue;
        if (count < capacity) {
            near[count] = w;
            costs[count] = cost;
        }
        count++;
    }
    return count;
}
