# Error pages: what happened, and what the person can do. What a developer needs stands below it, in English.

error-number = Error { $status }
error-request-title = This request cannot go on
error-form-title = This form is out of date
error-details = For whoever develops or runs the app
error-tell-support = Ask <a>{ $support }</a> and tell this reference. It leads to what happened.
error-tell-administrator = Tell your administrator this reference. It leads to what happened.
error-advice = Go back to the app and try again. If it happens again, tell whoever runs the app the number below.

error-app = The app sent a request that cannot be answered. Nothing you did was wrong.
error-unknown-app = The app is not known here, or it is switched off.
error-request-damaged = This sign-in link is damaged; go back to the app and start again.
error-request-browser = This sign-in was begun in another browser, or cookies are blocked; start again from the app.
error-request-late = This sign-in took too long and expired; go back to the app and start again.
error-page-late = This page is out of date; go back to the app and sign in again.
error-form = The form is out of date or did not come from this page; go back and try again.
error-form-foreign = The form was sent by another site.
error-invitation = This invitation has expired, was used, or was replaced by a newer one.
error-invitation-advice = Ask whoever invited you for a new one.
error-setup-link = This set-up link has expired or was used.
error-setup-link-advice = Whoever runs the server gets a new one with the command vouchsafe admin link.
error-not-found = There is nothing at this address.
error-not-found-advice = Check the address for mistakes, or go back to where you came from.

fault-title = Something went wrong here
fault-busy-title = Very busy at the moment
fault-what = The mistake is on our side. Nothing you entered was wrong because of it.
fault-advice = Try again. If it happens again, tell your administrator the number below.
fault-busy-advice = Wait a few seconds and try again.
