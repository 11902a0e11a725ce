"""The pages of the daily paper: editions, and what a community adds to the page of a paper."""
