"""Commands that learn from labelled texts. Not shipped: a run needs only what they write."""
