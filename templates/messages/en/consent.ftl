# The page on which a person allows an app something, and what can be allowed.

consent-title = Allow access?
consent-asks = <strong>{ $client }</strong> asks to use your account.
consent-scopes = It will be able to
consent-new = New
consent-offline = Keep this access while you are away, until you take it back
consent-names = What the app calls this
consent-claims = It will learn your
consent-administers = <strong>{ $client } could administer this sign-in service in your name</strong>, as far as you may do so yourself: apps, people and keys. Allow this only if you know that you want it.
consent-loopback = You return to a program on <strong>this computer</strong> ({ $host }). Any program here could be listening: allow this only if you have just started { $client } yourself.
consent-deny = Deny
consent-allow = Allow

# Each goes on from "It will be able to".
scope-openid = Confirm who you are
scope-profile = See your name and profile
scope-email = See your e-mail address
scope-address = See your postal address
scope-phone = See your telephone number
scope-groups = See which groups you belong to
scope-upstream-tokens = Use the accounts elsewhere through which you sign in

# Each goes on from "It will learn your".
claim-name = name
claim-given-name = given name
claim-family-name = family name
claim-middle-name = middle name
claim-nickname = nickname
claim-preferred-username = preferred username
claim-profile = profile
claim-picture = picture
claim-website = website
claim-email = e-mail address
claim-email-verified = proof of your e-mail address
claim-gender = gender
claim-birthdate = birthdate
claim-zoneinfo = time zone
claim-locale = locale
claim-phone-number = telephone number
claim-phone-number-verified = proof of your telephone number
claim-address = postal address
claim-updated-at = updated at
claim-groups = groups
