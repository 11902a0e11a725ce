/* What other kernels use of fine.c. */
#ifndef BROADSHEET_FINE_H
#define BROADSHEET_FINE_H

#include "kernels.h"

int64_t fine_finest(const int8_t *codes, const float *scales, const uint8_t *fine, int64_t half, const float *query,
                    int64_t d, const int64_t *rows, int64_t n, int64_t k, float *scores, int64_t *keys, int64_t *found,
                    float *values);

#endif
