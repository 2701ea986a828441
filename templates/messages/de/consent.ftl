# Die Seite, auf der man einer App etwas erlaubt, und was sich erlauben lässt.

consent-title = Zugriff erlauben?
consent-asks = <strong>{ $client }</strong> möchte Ihr Konto verwenden.
consent-scopes = Die App darf dann
consent-new = Neu
consent-offline = Diesen Zugriff behalten, auch wenn Sie nicht da sind, bis Sie ihn zurücknehmen
consent-names = Wie die App das nennt
consent-claims = Die App erfährt von Ihnen
consent-administers = <strong>{ $client } könnte diesen Anmeldedienst in Ihrem Namen verwalten</strong>, soweit Sie selbst es dürfen: Apps, Personen und Schlüssel. Erlauben Sie das nur, wenn Sie sicher sind, dass Sie es wollen.
consent-loopback = Danach geht es zurück zu einem Programm auf <strong>diesem Computer</strong> ({ $host }). Jedes Programm hier könnte dort mithören: Erlauben Sie das nur, wenn Sie { $client } gerade selbst gestartet haben.
consent-deny = Ablehnen
consent-allow = Erlauben

# Each goes on from "Die App darf dann".
scope-openid = Feststellen, wer Sie sind
scope-profile = Ihren Namen und Ihr Profil sehen
scope-email = Ihre E-Mail-Adresse sehen
scope-address = Ihre Postanschrift sehen
scope-phone = Ihre Telefonnummer sehen
scope-groups = Sehen, zu welchen Gruppen Sie gehören
scope-upstream-tokens = Die Konten anderswo benutzen, über die Sie sich anmelden

# Each goes on from "Die App erfährt von Ihnen".
claim-name = Name
claim-given-name = Vorname
claim-family-name = Nachname
claim-middle-name = Weiterer Vorname
claim-nickname = Spitzname
claim-preferred-username = Bevorzugter Benutzername
claim-profile = Profilseite
claim-picture = Bild
claim-website = Website
claim-email = E-Mail-Adresse
claim-email-verified = Ob Ihre E-Mail-Adresse bestätigt ist
claim-gender = Geschlecht
claim-birthdate = Geburtsdatum
claim-zoneinfo = Zeitzone
claim-locale = Sprache und Region
claim-phone-number = Telefonnummer
claim-phone-number-verified = Ob Ihre Telefonnummer bestätigt ist
claim-address = Postanschrift
claim-updated-at = Wann Ihr Profil zuletzt geändert wurde
claim-groups = Gruppen
