# An- und Abmelden und die Startseite.

sign-in-title = Anmelden
sign-in-again-title = Bestätigen Sie, dass Sie es sind
sign-in-asked-again = <strong>{ $client }</strong> bittet Sie, sich noch einmal anzumelden.
sign-in-to = weiter zu <strong>{ $client }</strong>
sign-in-password-again = Geben Sie Ihr Passwort noch einmal ein.
sign-in-alone = mit Ihrem Konto
sign-in-confirm = Bestätigen
sign-in-other-account = Die App möchte ein anderes Konto als das, mit dem Sie sich angemeldet haben. Melden Sie sich mit dem Konto an, das Sie dort verwenden.
# The same for an unknown address, a wrong password and a disabled account.
sign-in-wrong = Adresse und Passwort passen nicht zusammen. Prüfen Sie beides und versuchen Sie es noch einmal.
# Dasselbe, was auch eingegeben wurde.
sign-in-barred = Aus Ihrem Netz scheitern gerade viele Anmeldungen. Neue Geräte werden deshalb nicht ohne zweiten Faktor zugelassen. Melden Sie sich auf einem Gerät an, das Sie hier schon benutzt haben, oder versuchen Sie es in einer Stunde noch einmal.
sign-in-use-password = Stattdessen ein Passwort eingeben
sign-in-no-address = Das ist keine E-Mail-Adresse. Prüfen Sie die Eingabe, und versuchen Sie es noch einmal.
sign-in-only-through = Mit dieser Adresse meldet man sich über { $provider } an.
sign-in-too-long = So lang ist hier kein Passwort. Prüfen Sie es und versuchen Sie es noch einmal.

choose-title = Konto auswählen
choose-several = Sie sind mit mehreren Konten angemeldet.
choose-another = Ein anderes Konto verwenden

new-password-title = Neues Passwort wählen
new-password-why = Ihr Passwort war richtig, muss aber ersetzt werden, bevor es zu { $client } weitergeht. Überall sonst werden Sie abgemeldet.
new-password-set = Passwort setzen und weiter

form-post-title = Einen Moment
form-post-back = Sie sind auf dem Weg zurück zu <strong>{ $host }</strong>.
form-post-continue = Weiter zu { $host }

sign-out-title = Abmelden?
sign-out-asked = <strong>{ $client }</strong> möchte Sie hier abmelden.
sign-out-alone = Damit endet Ihre Sitzung in diesem Browser.
sign-out-apps = Die Apps, in denen Sie von hier aus angemeldet sind, werden Sie um eine neue Anmeldung bitten.
sign-out-stay = Angemeldet bleiben

signed-out-title = Sie sind abgemeldet
signed-out-shared = Wenn auch andere diesen Computer benutzen, schließen Sie außerdem alle Fenster dieses Browsers.
signed-out-back = Zurück zu { $client }
signed-out-start = Zur Startseite

start-title = Start
start-runs = Vouchsafe läuft
start-what = Apps schicken Sie zum Anmelden hierher und holen Sie danach wieder zurück.
start-nobody = In diesem Browser ist niemand angemeldet. Sie melden sich an, wenn eine App Sie hierherschickt.
start-console = Konsole öffnen
start-next = Was als Nächstes kommt
start-register = Registrieren Sie eine App. Die Antwort enthält ihre Client-ID und ihr Geheimnis.
start-person = Legen Sie eine Person an.
start-check = Prüfen Sie die Installation: Konfiguration, Datenbank, Schlüssel, Uhr, Adressen.
start-developers = Für Entwickler
start-issuer = Issuer
start-discovery = Discovery-Dokument
