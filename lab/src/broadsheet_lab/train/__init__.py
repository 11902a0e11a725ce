"""Training of the transformers that ship: distillation from larger ones, contrastive training, export in 8 bits."""
