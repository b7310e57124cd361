"""When a person leaves: the plan, and handing over step by step."""
