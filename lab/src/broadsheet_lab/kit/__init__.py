"""What the laboratory's methods share: numba's compiler and products with the same bits everywhere."""
