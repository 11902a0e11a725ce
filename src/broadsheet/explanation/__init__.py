"""Why a paper was shown, in the reader's own terms."""
