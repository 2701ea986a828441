# Zweite Faktoren: einen Code eingeben, eine App einrichten, Wiederherstellungscodes.

second-factor-title = Code eingeben
second-factor-to = weiter zu <strong>{ $client }</strong> als { $email }
second-factor-app-or-recovery = Die sechs Ziffern aus Ihrer Authenticator-App oder einer Ihrer Wiederherstellungscodes.
second-factor-app = Die sechs Ziffern aus Ihrer Authenticator-App.
second-factor-recovery = Einer Ihrer Wiederherstellungscodes.
second-factor-wrong = Dieser Code ist falsch, zu alt oder wurde schon verwendet. Warten Sie auf den nächsten und versuchen Sie es noch einmal.

enrol-title = Zweiten Faktor einrichten
enrol-title-passkey = Passkey einrichten
enrol-why = Bevor es zu <strong>{ $client }</strong> weitergeht, muss Ihr Konto durch mehr als ein Passwort geschützt sein.
enrol-why-passkey = <strong>{ $client }</strong> lässt nur mit einem Passkey ein. Sie haben noch keinen.
enrol-confirm = Bestätigen und weiter

app-scan = Öffnen Sie auf Ihrem Telefon eine Authenticator-App (jede, die sechs Ziffern anzeigt) und scannen Sie dieses Bild.
app-picture = Bild mit dem Geheimnis, für die Kamera Ihres Telefons. Dasselbe Geheimnis steht darunter als Text.
app-by-hand = Auf diesem Telefon? <a>Öffnen Sie es in der App</a>, oder tippen Sie dieses Geheimnis ab:
app-enter = Geben Sie den Code ein, den die App anzeigt.

factor-out-of-date = Diese Seite ist veraltet. Beginnen Sie von vorn.
factor-wrong-code = Dieser Code passt nicht. Warten Sie auf den nächsten und prüfen Sie, ob die Uhr Ihres Telefons richtig geht.
factor-too-many = Mehr davon kann es nicht geben. Entfernen Sie zuerst einen anderen.
factor-name = Geben Sie ihm einen Namen mit höchstens 60 Zeichen.
factor-unknown = Das gibt es nicht mehr.
factor-last-way-in = Das ist der einzige Weg in Ihr Konto. Setzen Sie zuerst ein Passwort, dann entfernen Sie es.

recovery-title = Bewahren Sie diese Codes auf
recovery-what = Jeder öffnet einmal Ihr Konto, wenn Sie Ihr Telefon verloren haben. Drucken Sie die Codes aus oder schreiben Sie sie auf; sie werden nicht noch einmal angezeigt.
recovery-kept = Ich habe sie aufbewahrt

# Der Titel, wo ein Passkey zuerst kommt: Dann ist nicht jeder Weg ein Code.
second-factor-passkey-title = Bestätigen Sie, dass Sie es sind
second-factor-use-code = Stattdessen einen Code verwenden
second-factor-mail = Code per E-Mail senden
second-factor-mail-again = Noch einen Code senden
second-factor-mailed = Die acht Ziffern aus der E-Mail, die wir Ihnen geschickt haben. Es kann eine Minute dauern.

passkey-title = Passkey
passkey-what = Dieses Gerät oder ein Sicherheitsschlüssel bestätigt mit Finger, Gesicht oder PIN, dass Sie es sind. Es gibt nichts zu tippen, und keine falsche Seite kann es abfangen.
passkey-set-up = Passkey einrichten
passkey-use = Passkey verwenden
passkey-sign-in = Mit einem Passkey anmelden
passkey-failed = Es wurde kein Passkey verwendet. Versuchen Sie es noch einmal oder nehmen Sie einen anderen Weg.
passkey-wrong = Dieser Passkey ist hier nicht bekannt oder konnte nicht zeigen, dass Sie es sind. Versuchen Sie einen anderen oder nehmen Sie einen anderen Weg.
passkey-late = Das hat zu lange gedauert. Versuchen Sie es noch einmal.
passkey-no-script = Passkeys brauchen JavaScript, das hier abgeschaltet ist.
app-title = Authenticator-App
factor-passkey = Dieser Passkey konnte nicht hinzugefügt werden. Versuchen Sie es noch einmal oder nehmen Sie einen anderen.
