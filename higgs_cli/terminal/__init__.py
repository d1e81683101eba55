"""What a person sees: options, messages, progress, plans and reports."""
