"""All choices of a render: the table, its sources, and the views that stages are given."""
