/* What products use of transformer_tiles.c. */
#ifndef BROADSHEET_TRANSFORMER_TILES_H
#define BROADSHEET_TRANSFORMER_TILES_H

#include "transformer.h"

#define TILED_TOKENS 32  /* at most, at once */
#define TILED_COLUMNS 64 /* columns are a multiple of it */

int transformer_has_tiles(void);
void transformer_tiles_begin(int64_t tokens);
void transformer_tiles_end(void);

/* out (tokens, 2, PANEL): the whole sums of two panels, after `transformer_tiles_begin` for as many tokens. */
void transformer_tiles_sums(const uint8_t *packed, int64_t columns, const int8_t *codes, int64_t tokens, int32_t *out);

#endif
