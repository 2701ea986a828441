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

# When an account was deleted by the person themselves.
farewell-letter-subject = Your account is deleted
farewell-letter-gone = your account at { $organisation } ({ $issuer }) is deleted, as you asked. Nothing of it is left there; apps that you used keep what they stored themselves.
farewell-letter-unexpected = Was it not you? Answer to the people who run this service at once: somebody was signed in with your account.
