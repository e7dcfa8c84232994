"""From a name and options to a loss with its values: lookup, users' functions, binding, facts."""
