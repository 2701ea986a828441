# Signing in through others.

upstream-or = or
upstream-continue = Continue with { $provider }
upstream-linking = <strong>{ $provider }</strong> told us who you are, but no account here is connected with it yet. Sign in to your account here once: from then on { $provider } opens it too.
upstream-failed-title = That did not work
upstream-other-way = Sign in another way
upstream-from-the-app = Go back to the app and start again.
upstream-not-begun = This answer belongs to no sign-in that was begun in this browser, or it was used before.
upstream-closed = Nobody can sign in this way at this time.
upstream-down = { $provider } does not answer at this time. Try again in a minute, or sign in another way.
upstream-wrong = What { $provider } answered could not be checked, so it does not count. If it happens again, tell whoever runs this service the number below.
upstream-denied = { $provider } did not sign you in, or you changed your mind there.
upstream-not-fresh = The app asks for a fresh proof of who you are, and { $provider } does not say that it asked you again. Sign in another way.
upstream-shut = Your account cannot be opened with { $provider }. Sign in another way, or ask whoever runs this service.
upstream-not-allowed = Your account at { $provider } is not one of those that may come in this way. Use another one, or sign in another way.

account-connections = Signed in through others
account-connections-lead = Accounts elsewhere that open your account here. To add one, sign out and press its button on the sign-in page: you are asked once to sign in here too.
account-connections-none = No other account is connected
account-connections-none-words = If the sign-in page has a button such as “Continue with Google”, press it, then sign in here once: from then on the button opens this account.
account-connection-off = cannot be used at this time
account-connection-unlink = Disconnect
account-connection-unlinked = It is disconnected: it opens your account no more.
account-connection-gone = It was disconnected already.
account-connection-last = This is the only way into your account. Set a password first, then disconnect it.
account-head-provider = Where
account-head-there = Your name there
event-upstream-linked = An account elsewhere was connected
event-upstream-unlinked = An account elsewhere was disconnected
