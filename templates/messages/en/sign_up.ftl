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

sign-up-title = Create an account
sign-up-hint = We send you an e-mail with a link, to see that the address is yours.
sign-up-hint-domains = We send you an e-mail with a link, to see that the address is yours. Addresses of these domains are taken: { $domains }.
sign-up-ask = Send the e-mail
sign-up-sign-in = I have an account: sign in
sign-up-closed-title = Accounts are not made here
sign-up-closed = Nobody can make an account by themselves here. Ask whoever runs the app that you want to use.
sign-up-by-invitation = Accounts are made by invitation. Ask whoever runs the app that you want to use to invite you.
sign-up-ask-support = You can also ask <a>{ $support }</a>.
sign-up-domain = Addresses of this domain are not taken here. Use one of those that are named below.
sign-up-through = People with this address sign in through { $provider }. There is nothing to create here.

letter-sent-title = Look into your mail
# The same whether there is an account or not.
letter-sent-sign-up = We have sent an e-mail to { $email }. Open the link in it to go on. It works for 24 hours.
letter-sent-reset = If there is an account for { $email }, an e-mail is on its way there. Open the link in it to set a new password. It works for an hour.
letter-sent-missing = Nothing there? Look into the folder for unwanted mail, and check the address for mistakes. It may take a few minutes.
letter-sent-again = Try again

sign-up-link-title = Welcome
sign-up-link-what = Your address is confirmed. One more step, and your account is ready.
sign-up-link-make = Create account
sign-up-done-title = Your account is ready
sign-up-done-next = You are signed in as { $email }. Go back to the app that you came from and sign in there.
sign-up-done-account = Go to your account

terms-accept = I accept the <a>terms</a>.
terms-unaccepted = Accept the terms to go on. If they changed while you were here, read them again.
terms-title = Please accept the terms
terms-read = To go on, read the <a>terms</a> and accept them.
terms-go-on = Accept and go on
privacy-read = How your data is treated is told in the <a>privacy policy</a>.

sign-in-forgot = Forgot your password?
sign-in-no-account = Create an account

lost-password-link-title = Forgot your password?
lost-password-what = Enter the address of your account. If there is one, we send an e-mail with a link to set a new password.
lost-password-off = No e-mails are sent from here. Ask an administrator for a new password.
lost-password-ask = Send the e-mail
lost-password-back = Back
lost-password-factor-lost = Lost your second factor too?
lost-password-factor-what = A new password does not replace your second factor: you are asked for it when you sign in. Use one of the recovery codes that you got when you set it up. If you have none left, an administrator can take the factor away; tell them in person or in another way that shows who you are.
lost-password-set-title = Set a new password
lost-password-set-what = You will be signed out everywhere, and sign in with the new password. This link works once.
lost-password-done-title = Your password is set
lost-password-done-what = You were signed out everywhere. Sign in with the new password; if you have a second factor, you are asked for it.
lost-password-done-next = Go back to the app that you want to use, and sign in there as { $email }.

new-address-title = Change your address
new-address-what = From now on you sign in with { $new }, and e-mails go there. Until now it is { $old }.
new-address-confirm = Change the address
new-address-old-title = Agree to another address
new-address-old-what = Your account is to get the address { $new } in place of { $old }. It changes as soon as both addresses have agreed.
new-address-agree = Agree
new-address-waits = One of two done
new-address-waits-what = This address has agreed. Now open the link in the e-mail to { $other }: then the address changes. If you cannot read that mailbox any more, an administrator can change your address.
new-address-not-yours = You did not ask for this? Then close this page: nothing has changed.
new-address-done = Your address is changed
new-address-done-what = You sign in with { $new } from now on. We have told { $old }.
new-address-not-signed-in = Sign in to the account whose address is to change, in this browser. Then open the link in the e-mail again.
new-address-taken = Another account has this address by now. Your address stays as it was.

error-link = This link has expired, was used, or was replaced by a newer one.
error-link-advice = Go back to where you asked for it and ask for another one.
error-address-taken-advice = Sign in with it. If you do not remember its password, have it set anew.

change-address-new = New address
change-address-old = Old address
change-address-agreed = has agreed
change-address-waits = waits to be confirmed
change-address-under-way = Change under way
change-address-open = Open the link in the e-mail that went there, in a browser in which you are signed in. It works for 24 hours.
change-address-open-both = Both addresses got an e-mail. Open the link in each, in a browser in which you are signed in. They work for 24 hours. If you cannot read the old mailbox any more, ask an administrator to change your address.
change-address-withdraw = Give the change up
change-address-withdrawn = The change was given up. Your address stays as it is.
change-address-what = We send an e-mail to the new address. Nothing changes until you open its link.
change-address-both = We send an e-mail to the new address and one to the old. Nothing changes until you have opened the link in each.
change-address-sent = The e-mails are on their way. Open their links to confirm the change.
change-address-off = No e-mails are sent from here. Ask an administrator to change your address.
change-address-same = This is your address already.
change-address-domain = Addresses of this domain are not taken here.
change-address-through = People with this address sign in through { $provider }. Ask an administrator to change it.

factor-lost = Lost your phone?
factor-lost-what = Use one of the recovery codes that you got when you set the second factor up. If you have none left, an administrator can take the factor away; tell them in person or in another way that shows who you are.
