"""What goes out: mails to readers and subscribers, posts to webhooks.

digest ──► queue (once a recipient and edition) ──► courier ──► smtp, webhooks
messages ───┘
"""
