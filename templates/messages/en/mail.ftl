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
