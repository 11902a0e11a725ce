"""Rows as an API of daily papers gives them."""

from __future__ import annotations

from typing import Any

USER = {"_id": "0" * 24, "avatarUrl": "/a.png", "fullname": "Ada Lee", "name": "ada", "user": "ada", "type": "user"}


def row(n: int = 1, **outer: Any) -> dict[str, Any]:
    """An item of a list with every field; `outer` overwrites fields outside."""
    inner = {
        "id": f"2603.{n:05d}",
        "authors": [
            {"_id": "1" * 24, "name": "Ada Lee", "hidden": False, "user": USER, "status": "claimed_verified"},
            {"_id": "2" * 24, "name": "Luis Mora", "hidden": False},
        ],
        "mediaUrls": ["https://media.example/1.mp4"],
        "publishedAt": "2026-03-14T10:00:00.000Z",
        "submittedOnDailyAt": "2026-03-18T07:30:00.000Z",
        "submittedOnDailyBy": USER,
        "title": f"Invented paper {n}",
        "summary": f"Abstract of paper {n}.",
        "upvotes": 10 + n,
        "discussionId": "3" * 24,
        "githubRepo": f"https://github.com/invented/paper-{n}",
        "githubStars": 100 + n,
        "projectPage": "https://project.example/",
        "ai_summary": "A sentence.",
        "ai_keywords": ["rivers", "stones"],
        "organization": {"_id": "4" * 24, "name": "inv", "fullname": "Invented Institute", "avatar": "/o.png"},
        "newField": {"deep": [1, 2]},
    }
    return {
        "paper": inner,
        "publishedAt": "2026-03-18T07:30:00.000Z",
        "title": f"Invented paper {n}",
        "summary": f"Abstract of paper {n}.",
        "thumbnail": "https://thumbs.example/1.png",
        "numComments": n,
        "submittedBy": USER,
        "isAuthorParticipating": True,
        **outer,
    }
