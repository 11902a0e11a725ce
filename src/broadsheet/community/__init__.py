"""The daily paper of a community: who takes part, and what they make together.

community ──┬── accounts       who signs in, and what they may do
            ├── editions       the paper of a day, open until it closes
            ├── votes          one a reader and work
            ├── comments       threads under a paper
            ├── organisations  where authors work; people: the authors; claims: who of them is a member
            └── mail           what goes out, once
over a library, which holds the papers.
"""

from broadsheet.community.community import Community

__all__ = ["Community"]
