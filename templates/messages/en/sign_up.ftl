# How an account begins: the first administrator, invitations, sign-up.

setup-title = Set up Vouchsafe
setup-what = Create the first administrator. This link works once.
setup-create = Create administrator
setup-owner-exists = There is an owner already; sign in as that person.

invitation-title = Choose a password
invitation-welcome = Welcome
invitation-what = You were invited. Choose a password for your account. This link works once.
invitation-set = Set password
invitation-done = Your password is set
invitation-done-next = Go to the app you were invited to, and sign in there as { $email }. You can close this page.
