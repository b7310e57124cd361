"""One door to the records behind any number: of dashboards, assignment boards, ranking lists, pools and sources."""
