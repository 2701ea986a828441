# Second factors: entering a code, setting up an app, recovery codes.

second-factor-title = Enter your code
second-factor-to = to go on to <strong>{ $client }</strong> as { $email }
second-factor-app-or-recovery = The six digits that your authenticator app shows, or one of your recovery codes.
second-factor-app = The six digits that your authenticator app shows.
second-factor-recovery = One of your recovery codes.
second-factor-wrong = That code is wrong, too old, or was used before. Wait for the next one and try again.

enrol-title = Set up a second factor
enrol-why = Your account must be protected by more than a password before you go on to <strong>{ $client }</strong>.
enrol-confirm = Confirm and go on

app-scan = Open an authenticator app on your phone (any that shows six digits) and scan this picture.
app-picture = Picture with the secret, for the camera of your phone. The same secret stands below as text.
app-by-hand = On this phone? <a>Open it in the app</a>, or type this secret:
app-enter = Enter the code that the app shows.

factor-out-of-date = This page is out of date; begin again.
factor-wrong-code = That code does not fit; wait for the next one, and check that the clock of your phone is right.
factor-too-many = You have as many of these as there can be; remove one first.
factor-name = Give it a name of at most 60 characters.
factor-unknown = It is not there any more.

recovery-title = Keep these codes
recovery-what = Each opens your account once when your phone is lost. Print them or write them down; they are not shown again.
recovery-kept = I have kept them
