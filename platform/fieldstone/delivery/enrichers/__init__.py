"""One file per place that knows facts about companies and people; asked after the commit, by rules of the kind enrichment."""
