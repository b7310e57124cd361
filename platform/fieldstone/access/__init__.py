"""Who may see and do what, as data: a role and an object give a condition and a set of fields."""
