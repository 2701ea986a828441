# Letters about what happened to an account, and the page behind their link. Letters are plain text: no tags.

notice-when = When: { $when }
notice-where = From: { $address }, { $browser }
notice-was-it-you = Was it you? Then there is nothing to do. If not, press the button: you will see what happens next before anything does.
notice-by-administrator = An administrator of { $organisation } did this. If nobody agreed it with you, ask them before you sign in again: somebody may have pretended to be you.
notice-agree = Was it you? Then press the second button, in a browser in which you are signed in: the change waits for it. If not, press the first: you will see what happens next before anything does.
notice-button = This wasn't me
notice-agree-button = Agree to the change
notice-lifetime =
    { $days ->
        [one] The link works once and for a day.
       *[other] The link works once and for { $days } days.
    }
notice-why = This letter goes to the address of your account at { $issuer }.

notice-new-device-subject = New sign-in to your account
notice-new-device = somebody signed in to your account at { $organisation } on a device that was not used for it before.
notice-factor-added-subject = A way to sign in was added
notice-factor-added = a way to prove who you are was added to your account at { $organisation }: { $name }.
notice-factor-removed-subject = A way to sign in was removed
notice-factor-removed = a way to prove who you are was removed from your account at { $organisation }: { $name }.
notice-password-changed-subject = Your password was changed
notice-password-changed = the password of your account at { $organisation } was changed.
notice-password-reset-subject = Your password was reset
notice-password-reset = the password of your account at { $organisation } was set anew with a link that was mailed to you.
notice-password-known-subject = Somebody may know your password
notice-password-known = somebody gave the password of your account at { $organisation } on a new device, from a network from which many accounts are being tried at this moment. They were not let in. If it was you, sign in on a device that you used before, or wait an hour; a second factor keeps this from happening to you.
notice-address-changed-subject = Your address was changed
notice-address-changed = your account at { $organisation } has another e-mail address now. This letter goes to the old one.
notice-address-asked-subject = Another address was asked for
notice-address-asked = somebody who is signed in to your account at { $organisation } wants to change its e-mail address to { $name }. Nothing has changed yet: it does when both addresses have agreed, that one and this.
notice-codes-renewed-subject = You have new recovery codes
notice-codes-renewed = new recovery codes were made for your account at { $organisation }. The old ones work no more.
notice-code-used-subject = A recovery code was used
notice-code-used = somebody signed in to your account at { $organisation } with one of your recovery codes.
notice-token-reused-subject = An app was signed out for your safety
notice-token-reused = the app { $name } was signed out of your account at { $organisation }: a key that it may use once was used twice. Somebody may have copied it from a device of yours; a faulty app does the same. To use the app again, sign in to it again.
notice-upstream-linked-subject = A sign-in was connected
notice-upstream-linked = your account at { $organisation } can be opened with an account at { $name } from now on.
notice-upstream-linked-account = your account at { $organisation } can be opened with an account at { $name } from now on: that of { $account }.
notice-upstream-unlinked-subject = A sign-in was disconnected
notice-upstream-unlinked = your account at { $organisation } can no longer be opened with the account at { $name }.

not-me-letter-subject = Choose a new password
not-me-letter-why = you told us that something at your account at { $organisation } was not you. Everybody is signed out of it, and the old password works no more. Choose a new one to go on; one that you use nowhere else.

not-me-title = This wasn't me
not-me-heading = This wasn't you?
not-me-what = Something happened at the account of { $email } on { $when }. If it was not you, press the button. Nothing has happened yet.
not-me-sessions = Everybody is signed out of your account, on all devices and in all apps.
not-me-password = The password works no more. You get a letter with a link to choose a new one.
not-me-address = Your account goes back to the address { $address }.
not-me-removes = Removed, since it was added afterwards: { $name }.
not-me-keeps = Added a short while ago, but stays, since there is no older second step: { $name }.
not-me-button = It wasn't me: close everything
not-me-was-you = It was you? Then close this page: there is nothing to do.
not-me-done = Your account is closed to everybody else
not-me-done-letter = Everybody is signed out of it, and the old password works no more. We sent a letter to { $email }: with its link you choose a new password. Use one that you use nowhere else.
not-me-done-removed = Removed: { $name }.
not-me-done-kept = Added a short while ago, and still asked for: { $name }. If it is not yours, ask whoever runs this service to remove it: you cannot sign in before.
not-me-done-mailbox = Then look at the e-mail account itself: change its password too if somebody else may read your mail.
error-not-me = This link has expired, was used, or was answered by another one.
error-not-me-advice = If you still see something strange, change your password, or ask whoever runs this service.
