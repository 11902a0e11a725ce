"""A reader's rows in a form that another library can take in: papers by name, other rows by their place."""
