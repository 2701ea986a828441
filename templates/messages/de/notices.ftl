# Letters about what happened to an account.
