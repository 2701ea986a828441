# Signing in and out, and the start page.

sign-in-title = Sign in
sign-in-again-title = Confirm it is you
sign-in-asked-again = <strong>{ $client }</strong> asks you to sign in again.
sign-in-to = to continue to <strong>{ $client }</strong>
sign-in-password-again = Enter your password again to go on.
sign-in-alone = with your account
sign-in-confirm = Confirm
sign-in-other-account = The app asked for another account than the one you signed in with. Sign in with the account you use there.
# The same for an unknown address, a wrong password and a disabled account.
sign-in-wrong = That address and password do not go together. Check both and try again.
# The same for whatever was typed.
sign-in-barred = Many sign-ins fail from your network at this moment, so new devices are not let in without a second factor. Sign in on a device that you used here before, or try again in an hour.
sign-in-use-password = Use a password instead
sign-in-no-address = That is not an e-mail address. Check it and try again.
sign-in-only-through = People with this address sign in through { $provider }.
sign-in-too-long = That is longer than any password here. Check it and try again.

choose-title = Choose an account
choose-several = You are signed in with more than one.
choose-another = Use another account

new-password-title = Choose a new password
new-password-why = Your password was right, but it has to be replaced before you go on to { $client }. You will be signed out everywhere else.
new-password-set = Set password and go on

form-post-title = One moment
form-post-back = You are on your way back to <strong>{ $host }</strong>.
form-post-continue = Continue to { $host }

sign-out-title = Sign out?
sign-out-asked = <strong>{ $client }</strong> asks to sign you out here.
sign-out-alone = This ends your session in this browser.
sign-out-apps = The apps that you signed in to from here will ask you to sign in again.
sign-out-stay = Stay signed in

signed-out-title = You are signed out
signed-out-shared = On a shared computer, close this browser's windows as well.
signed-out-back = Back to { $client }
signed-out-start = Go to the start page

start-title = Start
start-runs = Vouchsafe is running
start-what = Apps send you here to sign in, and bring you back when you have.
start-nobody = Nobody is signed in from this browser. You sign in when an app sends you here.
start-console = Open the console
start-next = What comes next
start-register = Register an app. The answer holds its client ID and secret.
start-person = Add a person.
start-check = Check the installation: configuration, database, keys, clock, addresses.
start-developers = For developers
start-issuer = Issuer
start-discovery = Discovery document
