"""The nouns of a write: Actor, Context, Change, Draft, Decision, Effect, Outcome."""
