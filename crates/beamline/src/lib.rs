//! From prompt to text: the loop that joins tokens, model, shaping and search.
