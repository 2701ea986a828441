# The pages on which people look after their account.

# The frame that these pages share with the console.
own-skip = Skip to the content
own-menu = Menu
own-areas = Areas
own-views = Views
own-crumbs = Where this page is
own-action = Action
own-yes = yes
own-no = no
own-first-page = First page
own-next-page = Next page
own-pages = Pages of { $list }
own-to-overview = To the overview
own-kept = Nothing was done yet, because you had to confirm that it is you. What you typed stands there again, except secrets and what confirms: look at it, and send it once more.
own-refused = This cannot be done
own-refused-unknown = There is nothing here
own-refused-forbidden = You may not do this
own-refused-stale = Somebody was faster
own-confirm-title = Confirm that it is you
own-confirm-too-long = Nothing was done yet: this needs a fresh sign-in, and yours is more than five minutes old. What you typed here is too long to be kept. Copy it from below before you go on.
own-opens-title = One moment
own-opens-console = The console opens.
own-opens-account = Your account opens.
own-signed-out-title = Signed out
own-signed-out-console = You are signed out of the console
own-signed-out-account = You are signed out of your account pages
own-signed-out = The session is over, and nothing was changed.
own-signed-out-advice = Sign in again, then repeat what you did.

account-yours = Your account
account-title = Your account
account-lead = Look after what is known of you here, and after what protects it.
account-overview = Overview
account-profile = Profile
account-addresses = E-mail address
account-password = Password
account-factors = Second factor
account-sessions = Where you are signed in
account-apps = Connected apps
account-activity = What happened
account-data = Your data

account-save = Save
account-saved = It was saved.
account-stale = Something changed since you opened this page. Look at it, and send it once more.
account-not-set = not set
account-never = not yet
account-failed = failed
account-confirmed = confirmed
account-unconfirmed = not confirmed

account-ago-now = just now
account-ago-minutes =
    { $minutes ->
        [one] a minute ago
       *[other] { $minutes } minutes ago
    }
account-ago-hours =
    { $hours ->
        [one] an hour ago
       *[other] { $hours } hours ago
    }
account-ago-days =
    { $days ->
        [one] a day ago
       *[other] { $days } days ago
    }

account-head-what = What
account-head-from = From
account-head-when = When
account-head-browser = Browser
account-head-since = Since
account-head-seen = Last seen
account-head-app = App
account-head-may = It may
account-head-used = Last used
account-head-kind = Kind
account-head-added = Added

# The overview.
account-all-well = All is well: nothing needs your attention.
account-no-factor = Only your password protects this account. Whoever learns it gets in.
account-no-factor-mend = Set up a second factor
account-no-password = This account has neither a password nor a second factor of its own.
account-no-password-mend = Choose a password
account-few-codes =
    { $left ->
        [0] You have no recovery codes left for the day you lose your phone.
        [one] You have one recovery code left for the day you lose your phone.
       *[other] You have { $left } recovery codes left for the day you lose your phone.
    }
account-few-codes-mend = Make new ones
account-unknown-browser = Somebody signed in on { $at } from { $address }, with a browser that was not known here. Was it you?
account-unknown-browser-mend = Look at where you are signed in
account-profile-card = Your name, your picture, your language
account-password-card = What you type to sign in
account-data-card = Take everything that is stored about you, or delete it
account-factors-card = An app on your phone that confirms that it is you
account-sessions-card = Browsers in which you are signed in
account-apps-card = What apps may know of you and do for you
account-last = What happened last
account-last-all = Everything that happened

# Address.
account-addresses-lead = You sign in with it, and letters about your account go there.
account-address-yours = Your address

# Profile.
account-profile-lead = Apps that you allow to see your profile are told what stands here. Leave empty what nobody needs to know.
account-field-name = Full name
account-field-given-name = Given name
account-field-family-name = Family name
account-field-nickname = What friends call you
account-field-locale = Language
account-field-locale-hint = Letters to you are written in it, if we speak it.
account-field-zoneinfo = Time zone
account-field-zoneinfo-hint = As in Europe/Zurich.
account-field-date-hint = Year, month and day, as in 2026-03-31.
account-field-list-hint = One on each line.
account-profile-unusable = This cannot be used. Write it in one line of ordinary characters, at most 200, and in the form that stands beside it.

account-picture = Picture
account-picture-alt = Your picture
account-picture-file = A picture of you
account-picture-hint = PNG, JPEG or WebP, at most 5 MB. A small square is made of its middle; nothing else in the file is kept, such as the place where it was taken.
account-picture-submit = Use this picture
account-picture-saved = This is your picture now.
account-picture-remove = Remove the picture
account-picture-removed = The picture was removed.
account-picture-none = Choose a file first.
account-picture-too-large = The file is too large: choose one of at most 5 MB.
account-picture-too-many-pixels = The picture has too many pixels: choose one of at most 25 million.
account-picture-not-one = This is no picture that we can read: choose a PNG, JPEG or WebP file.

# Password.
account-password-lead = A new password signs you out everywhere else, and apps have to ask you again.
account-password-lead-none = You have no password yet. With one, you can sign in when your other way fails.
account-password-old = Password until now
account-password-submit = Change the password
account-password-wrong = This is not your password. Try again.
account-password-changed = Your password was changed. You are signed out everywhere but here.

# Second factor.
account-factors-lead = With a second factor, nobody gets in with your password alone.
account-factor-lost = Lost one? Sign in again with a recovery code
account-factors-none = Nothing but your password protects this account
account-factors-none-words = An authenticator app on your phone shows six digits that change every half minute. When you sign in, you type them after your password. Whoever stole the password has no use for it then.
account-factor-add-app = Add an authenticator app
account-factor-add-passkey = Add a passkey
account-passkey-name = So that you know it again, as in “Blue key”. You can leave it empty.
account-passkey-none-here = There are no passkeys here: this service is reached under a number and not under a name.
account-factor-app = Authenticator app
account-factor-passkey = Passkey
account-factor-confirm = Add it
account-factor-added = It was added. You are asked for it when you sign in.
account-factor-rename = Rename
account-factor-remove = Remove it
account-factor-remove-words = You are not asked for it any more. If it is your last one, your password alone protects the account again, and your recovery codes are void.
account-factor-removed = It was removed.
account-codes = Recovery codes
account-codes-words =
    { $left ->
        [0] You have none left. Each opens your account once when your phone is lost.
        [one] You have one left. Each opens your account once when your phone is lost.
       *[other] You have { $left } left. Each opens your account once when your phone is lost.
    }
account-codes-renew = Make new codes
account-codes-renew-words = The codes you have now are void as soon as there are new ones.
account-codes-no-factor = Recovery codes stand in for a second factor: set one up first.

# Sessions.
account-sessions-lead = Browsers in which you are signed in. End what you do not know or do not use any more: whoever sits there has to sign in again.
account-session-this = this one
account-session-end = Sign out
account-session-ended = That browser is signed out.
account-session-gone = That browser was signed out already.
account-sessions-others = Sign out everywhere else
account-sessions-others-words = Ends all of them but this one.
account-sessions-ended =
    { $count ->
        [0] You were signed in nowhere else.
        [one] One other browser is signed out.
       *[other] { $count } other browsers are signed out.
    }

# Apps.
account-apps-lead = Apps that you signed in to, and what each of them may know and do. An app that you disconnect has to ask you again.
account-apps-none = No app is connected
account-apps-none-words = When you sign in to an app with this account, it stands here, with what you allowed it and a way to take that back.
account-app-off = switched off
account-app-learns = Know your { $claims }
account-app-offline = Go on while you are away
account-app-disconnect = Disconnect
account-app-disconnected = The app is disconnected. What it knows already stays with it: ask there to have it deleted.
account-app-gone = The app was disconnected already.

# What happened.
account-activity-lead = Sign-ins and changes of your account, the newest first. Is there something that was not you? Change your password and sign out everywhere else.
account-new-browser = unknown browser
account-by-administrator = an administrator
event-signed-in = You signed in
event-sign-in-failed = A sign-in was refused
event-session-raised = You confirmed your sign-in with a second factor
event-session-ended = A browser was signed out
event-sessions-ended = All other browsers were signed out
event-password-changed = The password was changed
event-password-change-required = You were asked to choose another password
event-factor-added = A second factor was added
event-factor-removed = A second factor was removed
event-factors-removed = Your second factors were removed
event-upstream-link-disabled = A connected sign-in was shut
event-upstream-link-enabled = A connected sign-in was opened again
event-address-change-agreed = One address agreed to a change of address
event-recovery-codes-renewed = New recovery codes were made
event-recovery-code-used = A recovery code was used
event-profile-changed = You changed your profile
event-profile-synced = Your profile was brought up to date by a provider you sign in with
event-picture-set = You changed your picture
event-picture-removed = The picture was removed
event-app-disconnected = An app was disconnected
event-user-added = The account was made
event-user-changed = The account was changed
event-user-disabled = The account was shut
event-user-enabled = The account was opened again
event-user-invited = You were invited
event-invitation-accepted = You chose your first password
event-data-downloaded = You took your data
event-other = Something else

# Data.
account-data-lead = Everything that is stored about you here is yours to take, and to have deleted.
account-download = Take your data
account-download-words = A file with everything that is stored about you: your profile, where you are signed in, your apps, and what happened. Secrets such as your password are not in it. It is written so that programs can read it (JSON).
account-download-submit = Download
account-delete = Delete your account
account-delete-words = Your account, your profile, your picture and what you allowed apps are deleted at once and for good. Nobody can bring them back. Apps that you used keep what they stored themselves: ask each of them. Only that an account was deleted stays in our security log, until that is swept.
account-delete-confirm = Type { $email } to confirm
account-delete-mistyped = Type your address exactly as it stands there, so that nothing is deleted by mistake.
account-delete-submit = Delete my account for good
account-deletion-off = Accounts here are deleted by an administrator only. Ask for it.
account-last-owner = You are the only owner of this sign-in service. Make somebody else an owner first.
account-gone = Your account is deleted
account-gone-words = Nothing of it is left here.
account-gone-letter = A letter confirms it.
