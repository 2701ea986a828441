# Second factors: entering a code, setting up an app, recovery codes.

second-factor-title = Enter your code
second-factor-to = to go on to <strong>{ $client }</strong> as { $email }
second-factor-app-or-recovery = The six digits that your authenticator app shows, or one of your recovery codes.
second-factor-app = The six digits that your authenticator app shows.
second-factor-recovery = One of your recovery codes.
second-factor-wrong = That code is wrong, too old, or was used before. Wait for the next one and try again.

enrol-title = Set up a second factor
enrol-title-passkey = Set up a passkey
enrol-why = Your account must be protected by more than a password before you go on to <strong>{ $client }</strong>.
enrol-why-passkey = <strong>{ $client }</strong> lets people in with a passkey alone. You have none yet.
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
factor-last-way-in = This is the only way into your account. Set a password first, then remove it.

recovery-title = Keep these codes
recovery-what = Each opens your account once when your phone is lost. Print them or write them down; they are not shown again.
recovery-kept = I have kept them

# The title where a passkey comes first: not every way is a code then.
second-factor-passkey-title = Confirm that it is you
second-factor-use-code = Use a code instead
second-factor-mail = Send me a code by mail
second-factor-mail-again = Send another code
second-factor-mailed = The eight digits of the letter that we sent you. It may take a minute.

passkey-title = Passkey
passkey-what = This device or a security key confirms that it is you, by finger, face or PIN. There is nothing to type, and no false site can get hold of it.
passkey-set-up = Set up a passkey
passkey-use = Use a passkey
passkey-sign-in = Sign in with a passkey
passkey-failed = No passkey was used. Try again, or go another way.
passkey-wrong = That passkey is not known here, or it could not show that it is you. Try another one, or go another way.
passkey-late = That took too long. Try again.
passkey-no-script = Passkeys need JavaScript, which is switched off here.
app-title = Authenticator app
factor-passkey = This passkey could not be added. Try again, or use another one.
