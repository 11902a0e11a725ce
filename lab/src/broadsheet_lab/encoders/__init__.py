"""From text to vectors: encoders that the product does not use."""
