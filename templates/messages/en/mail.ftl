# Letters. They are plain text: no tags.

letter-hello = Hello,
letter-hello-name = Hello { $name },
letter-button-fails = If the button does nothing, open this address:

invitation-letter-subject = You have been invited
invitation-letter-made = an account was made for you at { $organisation } ({ $issuer }). Choose a password to begin.
invitation-letter-button = Choose a password
invitation-letter-lifetime =
    { $days ->
        [one] The link works once and for a day.
       *[other] The link works once and for { $days } days.
    }
invitation-letter-unexpected = You did not expect this? Then do nothing: without you the account stays closed.

code-letter-subject = Your code to sign in
code-letter-what = you are about to sign in to { $client }. Enter this code there:
code-letter-lifetime =
    { $minutes ->
        [one] The code works once and for one minute.
       *[other] The code works once and for { $minutes } minutes.
    }
code-letter-unexpected = You are not signing in? Then somebody knows your password: change it. Nobody who asks you for this code is one of us.

# When an account was deleted by the person themselves.
farewell-letter-subject = Your account is deleted
farewell-letter-gone = your account at { $organisation } ({ $issuer }) is deleted, as you asked. Nothing of it is left there; apps that you used keep what they stored themselves.
farewell-letter-unexpected = Was it not you? Answer to the people who run this service at once: somebody was signed in with your account.
sign-up-letter-subject = Confirm your address
sign-up-letter-what = somebody, probably you, wants to make an account at { $organisation } ({ $issuer }) with this address. Press the button to go on.
sign-up-letter-button = Create my account
sign-up-letter-lifetime = The link works once and for 24 hours.
sign-up-letter-unexpected = You did not ask for this? Then do nothing: without you there will be no account.

known-letter-subject = You have an account already
known-letter-what = somebody, probably you, wanted to make an account at { $organisation } ({ $issuer }) with this address. There is one already: sign in with it. If you do not remember the password, set a new one.
known-letter-button = Set a new password
known-letter-unexpected = You did not ask for this? Then do nothing: nothing has changed.

reset-letter-subject = Set a new password
reset-letter-what = somebody, probably you, asked for a new password for your account at { $organisation } ({ $issuer }). Press the button to choose one.
reset-letter-button = Choose a new password
reset-letter-lifetime = The link works once and for an hour.
reset-letter-unexpected = You did not ask for this? Then do nothing: your password stays as it is.

through-letter-subject = Your account has no password to reset
through-letter-what = somebody, probably you, asked for a new password for your account at { $organisation } ({ $issuer }).
through-letter-way = There is none to choose: you sign in with { $provider }.

new-address-letter-subject = Confirm your new address
new-address-letter-what = somebody, probably you, wants to use this address for their account at { $organisation } ({ $issuer }). Press the button in the browser in which you are signed in.
new-address-letter-button = Confirm the address
new-address-letter-lifetime = The link works once and for 24 hours.
new-address-letter-unexpected = You did not ask for this? Then do nothing: nothing changes without you.

address-in-use-letter-subject = Your address was asked for
address-in-use-letter-what = somebody, perhaps you, wanted to use this address for another account at { $organisation } ({ $issuer }). It belongs to your account, so nothing was changed.
address-in-use-letter-unexpected = If it was you: change the address of this account first, or go on using this account.

address-changed-letter-subject = An address was changed
address-changed-letter-what = an account at { $organisation } ({ $issuer }) for which this address had been entered has another address now.
address-changed-letter-unexpected = If it was your account and you did not want this, tell whoever runs the service at once.
