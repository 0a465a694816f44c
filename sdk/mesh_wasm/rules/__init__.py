"""The catalogue of rules. Each module holds one family; each rule stands beside the one function that checks it."""
