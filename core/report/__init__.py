"""What a person takes away: tables, figures, a snippet, a memo. Pure, but for the browser that draws."""
